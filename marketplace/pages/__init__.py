"""Pages of the deal and of what stands above all packages, with their menu entries."""

from core.pages import Pages
from marketplace.pages.front import front
from marketplace.pages.help import help_pages
from marketplace.pages.home import home_pages
from marketplace.pages.order_steps import steps
from marketplace.pages.orders import orders
from marketplace.pages.policy import policy_pages
from marketplace.pages.quotes import quotes
from marketplace.pages.trail import trail_pages
from marketplace.pages.verification import verification

PAGES: list[Pages] = [front, home_pages, quotes, orders, steps, policy_pages, help_pages, trail_pages, verification]
