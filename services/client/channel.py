"""How both clients set up their connection."""

#: Largest message sent or received, in bytes. gRPC's own limit for receiving, 4 MiB, is below one photo; the service
#: refuses what is too large for it and says so.
MAX_MESSAGE_BYTES = 256 << 20

OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # While a service starts, the channel tries again at least this often; by default it would wait up to two minutes.
    ("grpc.max_reconnect_backoff_ms", 2000),
)
