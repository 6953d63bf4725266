"""Files for a payroll program: the company describes its layout, we fill it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.payouts.files.batch import Batch, File
from app.payouts.files.checks import start
from app.payouts.files.layout import BATCH_VALUES, PAYMENT_VALUES, Cell, Layout, write

ENDS = {"crlf": "\r\n", "lf": "\n"}
SEPARATORS = {"semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|", "none": ""}


class Column(BaseModel):
    """One column: a value by its name (`amount`, `pay_on:%d/%m/%Y`) or a text of its own (`=1200`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[
        str, StringConstraints(pattern=r"^(=[A-Za-z0-9 .\-]*|[a-z_]+(:[^{}]{1,20})?)$")
    ]
    title: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._\-]{0,40}$")] = ""
    most: Annotated[int, Field(ge=1, le=255)] = 255
    width: Annotated[int, Field(ge=0, le=255)] = 0
    align: Literal["left", "right"] = "left"
    pad: Annotated[str, StringConstraints(min_length=1, max_length=1)] = " "

    def cell(self) -> Cell:
        """Return the cell this column stands for."""
        return Cell(self.value, self.most, self.width, self.pad, self.align == "right")


class Template(BaseModel):
    """A layout as the company writes it down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    separator: Literal["semicolon", "comma", "tab", "pipe", "none"] = "semicolon"
    decimal: Literal["point", "comma"] = "point"
    line_end: Literal["crlf", "lf"] = "crlf"
    titles: bool = False
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=60)]
    header: Annotated[tuple[Column, ...], Field(max_length=60)] = ()
    trailer: Annotated[tuple[Column, ...], Field(max_length=60)] = ()

    def layout(self) -> Layout:
        """Return the layout this template describes."""
        return Layout(
            name=self.name,
            separator=SEPARATORS[self.separator],
            line=tuple(column.cell() for column in self.columns),
            header=tuple(column.cell() for column in self.header),
            trailer=tuple(column.cell() for column in self.trailer),
            titles=tuple(column.title for column in self.columns) if self.titles else (),
            line_end=ENDS[self.line_end],
            comma=self.decimal == "comma",
        )

    def unknown_values(self) -> list[str]:
        """Return the values that the template asks for and nobody can give."""
        whole = {*BATCH_VALUES}
        asked = [(column, whole) for column in (*self.header, *self.trailer)]
        asked += [(column, whole | {*PAYMENT_VALUES}) for column in self.columns]
        return [
            column.value
            for column, known in asked
            if not column.value.startswith("=") and column.value.partition(":")[0] not in known
        ]


def build(batch: Batch) -> File:
    """Return the file in the layout the company described; people are known by personnel number."""
    draft = start(batch)
    for at, payment in enumerate(batch.payments):
        if not payment.personnel_number:
            draft.wrong(
                f"/payments/{at}/personnel_number",
                "personnel_number_missing",
                f"{payment.name} has no personnel number; the payroll program would not know who it is.",
                name=payment.name,
            )
    try:
        template = Template.model_validate_json(batch.payer.fields.get("template", ""))
    except ValidationError:
        draft.wrong(
            "/payer/template",
            "template_wrong",
            "The layout of your payroll file cannot be read; see the settings of the paying account.",
        )
        draft.stop()
        raise
    if unknown := template.unknown_values():
        draft.wrong(
            "/payer/template",
            "template_wrong",
            f"The layout of your payroll file asks for {', '.join(unknown)}, which nobody can give.",
            values=unknown,
        )
        draft.stop()
    return write(draft, template.layout())
