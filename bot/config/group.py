"""What all groups of settings share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

ADDRESS = re.compile(r"https?://[^/\s?#@]+")


def _url(value: str) -> str:
    if value and not ADDRESS.fullmatch(value.rstrip("/")):
        raise ValueError("this is no address of a server: https:// or http:// and a name, without a path")
    return value.rstrip("/")


ServerUrl = Annotated[str, AfterValidator(_url)]


class Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
