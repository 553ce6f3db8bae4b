#!/bin/sh
# Records what Kafka Streams' describe() says of the topologies in conformance/cases. Needs Java 17, Maven and ../shared/oracle.
set -e
here=$(cd "$(dirname "$0")" && pwd)
oracle=${ORION_SHARED:-$here/../../../shared}/oracle
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$oracle/." "$work/"
cp "$here/Describe.java" "$work/src/main/java/oracle/"
(cd "$work" && mvn -q -B package)
java -cp "$work/target/oracle.jar:$work/target/lib/*" oracle.Describe "$here/descriptions.json" "$@"
