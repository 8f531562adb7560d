"""The ground all snapshot models share."""

from pydantic import BaseModel, ConfigDict


class SnapshotModel(BaseModel):
    """A frozen part of what ProLine says; unknown keys are ignored, the parser reports them."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)
