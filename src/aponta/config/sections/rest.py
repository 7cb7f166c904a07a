"""[stock.rest] of aponta.toml: the description of a document API, and the values it needs of this factory."""

from pydantic import Field

from aponta.config.sections.section import Section


class RestSection(Section):
    description: str = Field(
        min_length=1,
        max_length=500,
        description="the file, in this folder, that describes the API: as in `stock/lambda_erp.toml`",
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        repr=False,
        description="what stands for a `{name}` of the description that is not of the declaration: company, user, "
        "password. Each may be env:NAME or file:PATH; what is a secret has to be",
    )

    def __hash__(self) -> int:  # a dict has none
        return hash(self.model_dump_json())
