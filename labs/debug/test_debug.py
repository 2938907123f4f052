"""Five Services that do not work, each for one reason. What counts is that they answer."""

from graders import Wanted, check, expect


def shop(name):
    return Wanted(name, pods={"app": name}, port=80, target=80)


@check(points=2, about=shop("catalog"))
def test_catalog_answers(eventually, tools):
    """curl http://catalog gets the catalog's page."""
    eventually(lambda: answers(tools, "catalog"))


@check(points=2, about=shop("cart"))
def test_cart_answers(eventually, tools):
    """curl http://cart gets the cart's page."""
    eventually(lambda: answers(tools, "cart"))


@check(points=2, about=shop("checkout"))
def test_checkout_answers(eventually, tools):
    """curl http://checkout gets the checkout's page."""
    eventually(lambda: answers(tools, "checkout"))


@check(points=2, about=shop("search"))
def test_search_answers(eventually, tools):
    """curl http://search gets the search's page."""
    eventually(lambda: answers(tools, "search"))


@check(points=2, about=shop("reviews"))
def test_reviews_answers(eventually, tools):
    """curl http://reviews gets the reviews' page."""
    eventually(lambda: answers(tools, "reviews"))


def answers(tools, name):
    answer = tools.curl(f"http://{name}")
    expect(
        answer.body == name,
        seen=f"http://{name} answered {answer.status}, {answer.body[:40]!r}" if answer.status else answer.problem,
        expected=f"http://{name} gives the page {name!r}",
    )
