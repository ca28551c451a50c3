"""Pages of the deal and of what stands above all packages, with their menu entries."""

from core.pages import Pages
from marketplace.pages.front import front
from marketplace.pages.help import help_pages
from marketplace.pages.home import home_pages
from marketplace.pages.order_steps import steps
from marketplace.pages.orders import orders
from marketplace.pages.quotes import quotes

PAGES: list[Pages] = [front, home_pages, quotes, orders, steps, help_pages]
