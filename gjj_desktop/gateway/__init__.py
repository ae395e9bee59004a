"""Asking shared data (数据共享) through a gateway: the open specification, a client, and a reference server."""
