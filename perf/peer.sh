#!/usr/bin/env bash
# Orion beside Apache Kafka Streams on the JVM: same work, same broker, same bytes, same observer, in turns (A B A B).
#   perf/peer.sh [--what throughput|restore] [--apps snapshot,positions,window,window-suppress] [--n 1000000] [--rounds 2] [--profile DIRECTORY] [flags of ../shared/peer/run.sh]
# Needs Java 17 and Maven. Results: perf/results/peer-<date>.json; the ratio is printed at the end.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
peer="${ORION_SHARED:-$root/../shared}/peer"
if [ ! -x "$peer/run.sh" ]; then
  echo "peer.sh: the Java baseline is not there ($peer/run.sh); set ORION_SHARED to the folder that holds peer/" >&2
  exit 1
fi
n=1000000
what=throughput
apps=snapshot
rounds=2
more=()
app="node bin/orion.js peer-app"
while [ $# -gt 0 ]; do
  case "$1" in
    --n) n="$2"; shift 2 ;;
    --apps) apps="$2"; shift 2 ;;
    --what) what="$2"; shift 2 ;;
    --rounds) rounds="$2"; shift 2 ;;
    # The profiled process has to be Node 22 itself, not the launcher.
    --profile)
      mkdir -p "$2"
      app="$(node -e 'import(process.argv[1]).then(({ findNode }) => console.log(findNode()))' "$root/bin/node.js")"
      app="$app --cpu-prof --cpu-prof-dir=$(cd "$2" && pwd) cli/main.ts peer-app"
      shift 2 ;;
    *) more+=("$1"); shift ;;
  esac
done

PEER_KAFKA_DIR="$(mktemp -d "${TMPDIR:-/tmp}/orion-peer-kafka-XXXXXX")"
PEER_KAFKA_PORT="$(node -e '
  const { createServer } = require("node:net")
  const free = (port) => new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
  ;(async () => {
    for (let port = 29092; port < 29992; port += 10)
      if ((await free(port)) && (await free(port + 1))) return console.log(port)
    process.exit(1)
  })()')"
export PEER_KAFKA_DIR PEER_KAFKA_PORT
finish() {
  "$peer/broker.sh" stop >&2 || true
  rm -rf "$PEER_KAFKA_DIR"
}
trap finish EXIT
"$peer/broker.sh" start >&2

mkdir -p "$root/perf/results"
kind=peer; [ "$what" = throughput ] || kind="peer-$what"
out="$root/perf/results/$kind-$(date -u +%Y-%m-%dT%H%M%SZ).json"
cd "$root"
measure() {
  "$peer/run.sh" --broker "127.0.0.1:$PEER_KAFKA_PORT" --n "$n" --fills "$n" --keys "$n" --what "$what" --apps "$apps" \
    --guarantee exactly_once_v2 --threads 1 --reps 1 --rep-from "$round" --out "$out" ${more[@]+"${more[@]}"} "$@"
}
for round in $(seq 1 "$rounds"); do
  measure --label orion --app-cmd "$app"
  measure --label kafka-streams
done

node bin/node.js perf/peer-ratio-main.ts "$out" "$n" "$what"
