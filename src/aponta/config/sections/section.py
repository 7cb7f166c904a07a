"""A table of aponta.toml."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen once read; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
