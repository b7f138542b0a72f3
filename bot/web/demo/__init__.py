"""The demonstration at `/`: a client's product and the manager's side next to each other, simulated time."""

from bot.web.demo.routes import DemoClient, DemoDesk, demo_routes

__all__ = ["DemoClient", "DemoDesk", "demo_routes"]
