"""The transactional outbox: events written in the business's own transaction, sent by a poller (`docs/publisher.md`)."""
