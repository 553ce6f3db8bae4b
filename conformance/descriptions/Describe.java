package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.File;
import java.util.Map;
import java.util.TreeMap;

/** Writes what Kafka Streams' `Topology.describe()` says of every distinct topology in case files, by the id of the first case that has it. */
final class Describe {
    private Describe() { }

    public static void main(final String[] args) throws Exception {
        final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        final Map<String, String> known = new TreeMap<>();
        final Map<String, String> byCase = new TreeMap<>();
        for (int i = 1; i < args.length; i++) {
            for (final JsonNode one : json.readTree(new File(args[i])).get("cases")) {
                final String text = new TopologyInterpreter(one.get("topology")).topology.describe().toString();
                final String shape = text.replaceAll("topics: \\[[^\\]]*\\]", "");
                if (known.putIfAbsent(shape, one.get("id").asText()) == null) byCase.put(one.get("id").asText(), text);
            }
        }
        json.writeValue(new File(args[0]), byCase);
        System.out.println(byCase.size() + " distinct topologies");
    }
}
