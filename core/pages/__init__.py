"""Server-rendered pages: what every page shares, so that a new one is a form, a table or a template."""

from core.pages.blueprint import NavEntry, Pages, init_pages, register_pages
from core.pages.charts import Bar, BarChart, Line, LineChart, MoneyBar, MoneyPart
from core.pages.columns import Column
from core.pages.forms import EmptySchema, Form
from core.pages.language import current_language, say, term
from core.pages.links import link_to
from core.pages.submission import Done, form_page
from core.pages.table_files import export_links, list_file
from core.pages.tables import Filter, Lead, Table, rows_page, table_page, table_view
from core.pages.timeline import Event

__all__ = [
    "Bar",
    "BarChart",
    "Column",
    "Done",
    "EmptySchema",
    "Event",
    "Filter",
    "Form",
    "Lead",
    "Line",
    "LineChart",
    "MoneyBar",
    "MoneyPart",
    "NavEntry",
    "Pages",
    "Table",
    "current_language",
    "export_links",
    "form_page",
    "init_pages",
    "link_to",
    "list_file",
    "register_pages",
    "rows_page",
    "say",
    "table_page",
    "table_view",
    "term",
]
