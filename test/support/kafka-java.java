import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.xerial.snappy.Snappy;

/** Kafka's own Java client for tests: what real producers write. Run from source by kafka-java.ts, which knows the forms of stdin. */
class KafkaJava {
    /** A level of compression that leaves it to the codec; a key that is none. */
    private static final int NONE = Integer.MIN_VALUE;

    private static final DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "produce" -> produce(args[1], args[2], args[3]);
            case "compress" -> compress();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.flush();
    }

    /** Sends what stdin holds to partition 0, each set with its codec; prints the folder in which the broker keeps the partition. */
    private static void produce(String broker, String topic, String batchSize) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker);
        properties.put("max.request.size", "100000000");
        properties.put("buffer.memory", "200000000");
        properties.put("batch.size", batchSize);
        // Nothing leaves before it is flushed, or a batch is full.
        properties.put("linger.ms", "60000");
        for (int sets = in.readInt(); sets > 0; sets--) {
            properties.put("compression.type", in.readUTF());
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            try (var producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int left = in.readInt(); left > 0; left--) {
                    byte[] key = read();
                    sent.add(producer.send(new ProducerRecord<>(topic, 0, key, read())));
                }
                producer.flush();
                for (Future<RecordMetadata> each : sent) each.get();
            }
        }
        try (Admin admin = Admin.create(properties)) {
            String folder = admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).keySet().iterator().next();
            System.out.print(folder + "/" + topic + "-0");
        }
    }

    /** Compresses each piece of stdin as the client does its batches; prints each with its length before it. */
    private static void compress() throws Exception {
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
        for (int left = in.readInt(); left > 0; left--) {
            byte[] packed = packed(in.readUTF(), in.readInt(), read());
            out.writeInt(packed.length);
            out.write(packed);
        }
        out.flush();
    }

    private static byte[] read() throws Exception {
        int length = in.readInt();
        return length == NONE ? null : in.readNBytes(length);
    }

    private static byte[] packed(String codec, int level, byte[] bytes) throws Exception {
        // Without Java's frame, as librdkafka and others write it.
        if (codec.equals("snappy-raw")) return Snappy.compress(bytes);
        Compression compression = level == NONE ? Compression.of(codec).build() : switch (codec) {
            case "gzip" -> Compression.gzip().level(level).build();
            case "lz4" -> Compression.lz4().level(level).build();
            case "zstd" -> Compression.zstd().level(level).build();
            default -> throw new IllegalArgumentException(codec);
        };
        ByteBufferOutputStream packed = new ByteBufferOutputStream(1 << 16);
        try (var stream = compression.wrapForOutput(packed, (byte) 2)) {
            stream.write(bytes);
        }
        ByteBuffer buffer = packed.buffer();
        buffer.flip();
        byte[] result = new byte[buffer.remaining()];
        buffer.get(result);
        return result;
    }
}
