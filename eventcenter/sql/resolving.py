"""Names: which of them are columns of `log`, which aliases. Afterwards every reference to `log` bears the name of a
column of ours, and nothing depends any more on the order in which SQLite would look a name up."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from eventcenter.sql.columns import DIMENSIONS, RECORD, known
from eventcenter.sql.parsing import LOG, has_aggregate, is_aggregate, own_nodes

NUMBER = "#"
"""Behind the name of a dimension: the number that the store keeps for its text."""


def resolve(tree: exp.Query) -> set[str]:
    """Rewrites `tree` in place; the columns of `log` that it reads."""
    add_from(tree)
    _join_paths(tree)
    for select in tree.find_all(exp.Select):
        _name_outputs(select)
    written = {column.name.lower(): column.name for column in tree.find_all(exp.Column) if known(column.name)}
    more = tuple(name for lower, name in sorted(written.items()) if lower not in RECORD)
    # From the innermost outwards: what an alias stands for is copied, and has to be done by then.
    for select in list(tree.find_all(exp.Select))[::-1]:
        if aliases := _log_aliases(select):
            _expand_star(select, aliases, RECORD if _is_outermost(select) else RECORD + more)
        _expand_aliases(select)
    for select in tree.find_all(exp.Select):
        _canonical(select)
    return {column.name for column in tree.find_all(exp.Column) if column.meta.get(LOG)}


def _is_outermost(select: exp.Select) -> bool:
    parent = select.parent
    while isinstance(parent, exp.SetOperation):
        parent = parent.parent
    return parent is None


def add_from(tree: exp.Query) -> None:
    """`FROM log` may be left out by whatever reads a column or counts."""
    for select in tree.find_all(exp.Select):
        if select.args.get("from_") is None and (
            any(
                isinstance(node, exp.Column | exp.Star | exp.Dot) or is_aggregate(node)
                for node in own_nodes(select)
            )
        ):
            select.set("from_", exp.From(this=exp.Table(this=exp.to_identifier(LOG))))


def _join_paths(tree: exp.Query) -> None:
    """`event_id.involvedObject.kind` without quotes is read as column, table and so on; it is one name for us."""
    for node in [*tree.find_all(exp.Dot)]:
        parts = [part.name for part in node.parts] if isinstance(node.expression, exp.Identifier) else []
        if parts and known(".".join(parts)):
            node.replace(exp.column(exp.to_identifier(".".join(parts), quoted=True)))
    for column in [*tree.find_all(exp.Column)]:
        parts = [part.name for part in column.parts]
        if len(parts) > 1 and parts[0].lower() in ("event_id", "eventid") and known(".".join(parts)):
            column.replace(exp.column(exp.to_identifier(".".join(parts), quoted=True)))


def _name_outputs(select: exp.Select) -> None:
    """Every output gets the name that it would have in Presto, `_colN` where it has none."""
    items: list[exp.Expr] = []
    for index, item in enumerate(select.expressions):
        is_star = isinstance(item, exp.Star) or (
            isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
        )
        if is_star or isinstance(item, exp.Alias):
            items.append(item)
            continue
        name = item.name if isinstance(item, exp.Column) else f"_col{index}"
        items.append(exp.Alias(this=item, alias=exp.to_identifier(name, quoted=True)))
    select.set("expressions", items)


def sources(select: exp.Select) -> Iterator[exp.Expr]:
    """Tables, sub-queries and lists that `select` reads."""
    from_ = select.args.get("from_")
    if from_ is not None:
        yield from_.this
        yield from (join.this for join in from_.this.args.get("joins") or ())
    yield from (join.this for join in select.args.get("joins") or ())


def is_log(source: exp.Expr) -> bool:
    return isinstance(source, exp.Table) and source.name.lower() == LOG


def _log_aliases(select: exp.Select) -> list[str]:
    return [source.alias_or_name for source in sources(select) if is_log(source)]


def own_columns(select: exp.Select) -> list[exp.Column]:
    """Also those of sub-queries that read no table of their own are left to these."""
    return [
        node
        for node in own_nodes(select)
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star)
    ]


def _expand_star(select: exp.Select, aliases: list[str], names: tuple[str, ...]) -> None:
    items: list[exp.Expr] = []
    all_sources = list(sources(select))
    for item in select.expressions:
        if isinstance(item, exp.Star):
            for source in all_sources:
                items += _star_of(source, names, alone=len(all_sources) == 1)
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star) and item.table in aliases:
            items += _columns(item.table, names)
        else:
            items.append(item)
    select.set("expressions", items)


def _star_of(source: exp.Expr, names: tuple[str, ...], *, alone: bool) -> list[exp.Expr]:
    if is_log(source):
        return _columns("" if alone else source.alias_or_name, names)
    if not source.alias_or_name:
        return [exp.Star()]
    return [exp.Column(this=exp.Star(), table=exp.to_identifier(source.alias_or_name, quoted=True))]


def _columns(table: str, names: tuple[str, ...]) -> list[exp.Expr]:
    return [
        exp.alias_(
            exp.column(exp.to_identifier(name, quoted=True), table or None),
            exp.to_identifier(name, quoted=True),
        )
        for name in names
    ]


def _expand_aliases(select: exp.Select) -> None:
    """GROUP BY and HAVING see the aliases of the SELECT first, as people expect; SQLite would look for a column first,
    and `log` has columns such as `count` and `name`, which people like as aliases."""
    aliases = {item.alias.lower(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
    for clause in ("group", "having", "order"):
        node = select.args.get(clause)
        if node is None:
            continue
        for column in [found for found in own_nodes(node) if isinstance(found, exp.Column)]:
            meant = None if column.table else aliases.get(column.name.lower())
            whole = isinstance(column.parent, exp.Ordered)
            if meant is None or _in_aggregate(column, node) or (clause == "group" and has_aggregate(meant)):
                continue
            if whole:
                column.meta["alias"] = True  # a term of ORDER BY finds the alias by itself
            else:
                column.replace(_bracketed(meant))
        if clause == "group":
            _expand_ordinals(select, node)


def _bracketed(meant: exp.Expr) -> exp.Expr:
    copied = meant.copy()
    return (
        exp.Paren(this=copied) if isinstance(copied, exp.Binary | exp.Not | exp.Between | exp.In) else copied
    )


def _expand_ordinals(select: exp.Select, group: exp.Expr) -> None:
    for item in list(group.expressions):
        if isinstance(item, exp.Literal) and item.is_int and 1 <= int(item.this) <= len(select.expressions):
            chosen = select.expressions[int(item.this) - 1]
            if isinstance(chosen, exp.Alias):
                item.replace(_bracketed(chosen.this))


def _in_aggregate(node: exp.Expr, until: exp.Expr) -> bool:
    parent = node.parent
    while parent is not None and parent is not until:
        if is_aggregate(parent):
            return True
        parent = parent.parent
    return False


def _canonical(select: exp.Select) -> None:
    own = bool(_log_aliases(select))
    lower: set[str] = set()
    around: exp.Select | None = select
    while around is not None:  # a sub-query may name the tables around it
        lower |= {alias.lower() for alias in _log_aliases(around)}
        around = around.parent_select
    others = {name.lower() for source in sources(select) if not is_log(source) for name in _outputs(source)}
    for column in own_columns(select):
        if column.meta.get("alias") or (column.table.lower() not in lower if column.table else not own):
            continue
        if not column.table and column.name.lower() in others:
            continue
        name = known(column.name)
        if name is not None:
            column.set("this", exp.to_identifier(name, quoted=True))
            column.meta[LOG] = True


def _outputs(source: exp.Expr) -> list[str]:
    """Names that a source other than `log` offers, as far as they can be told."""
    if isinstance(source, exp.Unnest):
        alias = source.args.get("alias")
        return [column.name for column in alias.columns] if alias else []
    if isinstance(source, exp.Table):
        root = source.root()
        cte = next((cte for cte in root.find_all(exp.CTE) if cte.alias.lower() == source.name.lower()), None)
        source = cte.this if cte is not None else source
    query = source.this if isinstance(source, exp.Subquery) else source
    return list(query.named_selects) if isinstance(query, exp.Query) else []


def number_dimensions(tree: exp.Query) -> tuple[set[str], list[str]]:
    """Where only `log` is read, group by the numbers of dimensions and compare them with the number of a text: the text
    of each group is then looked up once, not once for each event.

    The columns of numbers, and the texts whose numbers are to be bound to `:t0`, `:t1` and so on."""
    numbered: set[str] = set()
    texts: list[str] = []
    for select in tree.find_all(exp.Select):
        if [is_log(source) for source in sources(select)] != [True]:
            continue
        group = select.args.get("group")
        for item in list(group.expressions) if group else []:
            if isinstance(item, exp.Column) and item.meta.get(LOG) and item.name in DIMENSIONS:
                numbered.add(item.name)
                item.set("this", exp.to_identifier(item.name + NUMBER, quoted=True))
        for node in [found for found in own_nodes(select) if isinstance(found, exp.EQ | exp.NEQ | exp.In)]:
            if name := _number_comparison(node, texts):
                numbered.add(name)
    return {name + NUMBER for name in numbered}, texts


def _number_comparison(node: exp.Expr, texts: list[str]) -> str | None:
    column = node.this
    if not (isinstance(column, exp.Column) and column.meta.get(LOG) and column.name in DIMENSIONS):
        return None
    values = list(node.expressions if isinstance(node, exp.In) else [node.expression])
    if not values or not all(isinstance(value, exp.Literal) and value.is_string for value in values):
        return None
    name = str(column.name)
    column.set("this", exp.to_identifier(name + NUMBER, quoted=True))
    for value in values:
        value.replace(exp.Placeholder(this=f"t{len(texts)}"))
        texts.append(value.this)
    return name
