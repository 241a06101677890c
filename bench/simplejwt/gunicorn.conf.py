"""Gunicorn with one worker of its default kind, which tells its address and process once it is ready."""

bind = "127.0.0.1:0"
workers = 1


def post_worker_init(worker):
    """Tell where requests are answered, and by whom: the master that was started only watches."""
    host, port = worker.sockets[0].getsockname()
    print(f"url=http://{host}:{port} pid={worker.pid}", flush=True)
