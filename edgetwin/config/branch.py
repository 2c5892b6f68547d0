"""What all branches of the tree have in common: they are frozen, and an unknown key is a mistake."""

from pydantic import BaseModel, ConfigDict


class Branch(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")
