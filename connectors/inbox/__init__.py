"""The Kafka door: what sources write to topics of their own is admitted into the platform's."""
