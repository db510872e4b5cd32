from slugs import slugify


def test_words_are_joined_by_dashes():
    assert slugify("Hello World") == "hello-world"


def test_several_separators_become_one_dash():
    assert slugify("Hello,   World!") == "hello-world"


def test_a_slug_never_begins_or_ends_with_a_dash():
    assert slugify("  (Hello) ") == "hello"


def test_a_cut_slug_does_not_end_with_a_dash():
    assert slugify("one two three", limit=8) == "one-two"
