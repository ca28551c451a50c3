"""Pages of the deal, with their menu entries."""

from core.pages import Pages
from marketplace.pages.home import home_pages
from marketplace.pages.orders import orders

PAGES: list[Pages] = [home_pages, orders]
