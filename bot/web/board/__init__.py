"""The pages of the staff: queue, ticket, direct chat, team rooms; all they do goes through the desk."""

from bot.web.board.routes import board_routes

__all__ = ["board_routes"]
