"""Which product a platform is: by the name in its registration, or by its own configuration."""

from lti_tool.lms.products.base import Product
from lti_tool.lms.products.canvas import Canvas
from lti_tool.lms.products.moodle import Moodle

_PRODUCTS: dict[str, Product] = {kind.name: kind() for kind in (Canvas, Moodle, Product)}

PRODUCTS = tuple(_PRODUCTS)
"""The names a registration may carry."""


def choose(name: str) -> Product:
    """The product of that name; the standard for a name nobody knows any more."""
    return _PRODUCTS.get(name, _PRODUCTS[Product.name])


def recognised(registered: Product, family_code: str | None) -> Product:
    """The product of a launch: the registration's, or the one the launch names where that is left
    at the standard. Whoever forgot to name it must not make leads of all who teach.
    """
    return registered if registered.name != Product.name else choose(guess(family_code))


def guess(family_code: str | None) -> str:
    """The name of the product whose configuration says this `product_family_code`."""
    for name, product in _PRODUCTS.items():
        if family_code in product.families:
            return name
    return Product.name
