/** A real server that a test talks to. */
export interface Server {
  /** host:port for Kafka, a URL for Elasticsearch. */
  readonly address: string;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
  /** Ends it as an operator would and starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends it as a crash would; restart brings it back. */
  kill(): Promise<void>;
}
