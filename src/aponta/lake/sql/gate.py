"""The gate for SQL that people write: one SELECT, over known tables, with known functions; all else is refused by name.

DuckDB's own parser makes the tree, and each node of it must be of a kind listed here, so what a newer DuckDB learns to
do is refused until someone allows it. A query's time and memory are bounded by `sandbox`.
"""

import json
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from functools import cache, lru_cache
from threading import Lock
from typing import Any

import duckdb

from aponta.errors import ConfigError

TABLE_FUNCTIONS = frozenset({"generate_series", "range", "unnest"})

FAMILIES = {
    "comparison and choice": """
        = != <> < > <= >= if iff ifnull nullif greatest least isnan isinf isfinite typeof
    """,
    "arithmetic": """
        + - * / // % ^ ** & | ~ << >> @ !__postfix abs add subtract multiply divide mod pow power sqrt cbrt exp ln log
        log2 log10 round round_even roundbankers trunc ceil ceiling floor sign even pi sin cos tan cot asin acos atan
        atan2 sinh cosh tanh degrees radians factorial gamma lgamma gcd lcm fdiv fmod xor bit_count random hash
    """,
    "text": """
        || ~~ !~~ ~~* !~~* ~~~ ^@ like_escape not_like_escape ilike_escape not_ilike_escape ascii chr unicode ord bar
        bin hex unhex to_hex from_hex concat concat_ws contains prefix suffix starts_with ends_with position strpos
        instr left right substr substring overlay length len char_length character_length strlen octet_length lower
        lcase upper ucase lpad rpad ltrim rtrim trim repeat replace reverse translate split split_part string_split
        str_split string_to_array string_split_regex str_split_regex strip_accents nfc_normalize format printf
        format_bytes regexp_matches regexp_full_match regexp_replace regexp_extract regexp_extract_all
        regexp_split_to_array regexp_escape levenshtein damerau_levenshtein editdist3 hamming jaccard jaro_similarity
        jaro_winkler_similarity md5 sha1 sha256 base64 to_base64 from_base64 encode decode
    """,
    "time": """
        age ago now today current_date current_localtime current_localtimestamp get_current_time get_current_timestamp
        transaction_timestamp date_add date_diff datediff date_sub datesub date_part datepart date_trunc datetrunc
        dayname monthname last_day days_in_month make_date make_time make_timestamp make_timestamptz strftime strptime
        try_strptime time_bucket timezone timezone_hour timezone_minute epoch epoch_ms epoch_us epoch_ns julian year
        isoyear quarter month week weekofyear yearweek day dayofmonth dayofweek dayofyear weekday isodow hour minute
        second millisecond microsecond nanosecond decade century millennium era to_timestamp to_years to_months
        to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds to_quarters to_decades
        to_centuries to_millennia
    """,
    "aggregates": """
        count count_star count_if countif sum fsum kahan_sum avg favg mean wavg weighted_avg geomean geometric_mean
        product min max min_by max_by arg_min arg_max argmin argmax arg_min_null arg_max_null first last any_value
        arbitrary mode median mad quantile quantile_cont quantile_disc approx_quantile reservoir_quantile
        approx_count_distinct approx_top_k stddev stddev_pop stddev_samp variance var_pop var_samp sem skewness
        kurtosis kurtosis_pop entropy corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2
        regr_slope regr_sxx regr_sxy regr_syy bit_and bit_or bit_xor bool_and bool_or string_agg group_concat listagg
        list array_agg histogram equi_width_bins
    """,
    "windows": """
        row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value
        fill
    """,
    "lists, structs, maps": """
        @> <@ && unnest range generate_series list_value array_value list_pack list_extract list_element array_extract
        list_slice array_slice list_concat list_cat array_concat array_cat list_append array_append list_prepend
        array_prepend list_contains list_has array_contains array_has list_has_any list_has_all array_has_any
        array_has_all list_position list_indexof array_position list_distinct array_distinct list_unique array_unique
        list_sort array_sort list_reverse_sort list_reverse array_reverse list_sum list_avg list_min list_max
        list_median list_count list_first list_last list_any_value list_product list_mode list_stddev_samp
        list_stddev_pop list_var_samp list_var_pop list_string_agg list_aggregate list_aggr array_to_string
        array_length list_zip array_zip flatten list_filter array_filter list_transform array_transform list_apply
        array_apply list_reduce array_reduce list_where list_select list_intersect row struct_pack struct_extract
        struct_extract_at struct_insert struct_keys struct_values map map_keys map_values map_entries map_from_entries
        map_extract map_extract_value map_contains map_concat element_at cardinality
    """,
    "JSON in a text": """
        ->> json_extract json_extract_string json_extract_path json_extract_path_text json_value json_exists
        json_valid json_type json_keys json_array_length json_object json_array to_json
    """,
}
FUNCTIONS = frozenset(name for names in FAMILIES.values() for name in names.split())

NODES = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"),
        *("BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY", "TABLE_FUNCTION"),
        *("DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER"),
        *("ORDER_DEFAULT", "ASCENDING", "DESCENDING"),
        *(
            "BETWEEN",
            "CASE",
            "CAST",
            "COLLATE",
            "COLUMN_REF",
            "COMPARISON",
            "CONJUNCTION",
            "CONSTANT",
            "FUNCTION",
            "LAMBDA",
        ),
        *("OPERATOR", "POSITIONAL_REFERENCE", "STAR", "TYPE", "WINDOW"),
    }
)
SHOWN_AS = {
    "PARAMETER": "? / $1",
    "SHOW_REF": "DESCRIBE / SHOW / SUMMARIZE",
}  # kinds whose own name means nothing to a person

NodeCheck = Callable[[str, dict[str, Any]], None]  # of a node's kind and the node; raises what refuses it
_lock = Lock()  # of the parser that stays open


def check_sql(sql: str, tables: Collection[str]) -> frozenset[str]:
    """Those of `tables` ("silver.items") that the statement reads, as `tables` writes them.

    Raises ConfigError: lake.sql_wrong, lake.sql_one_select, lake.sql_refused (what), lake.sql_unknown_table (nearest).
    """
    with _connect() as parser:
        return _tables(_statement(parser, sql), tables, _check_node)


@lru_cache(maxsize=512)
def tables_read(sql: str, tables: frozenset[str]) -> frozenset[str]:
    """As `check_sql`, for a statement of aponta's own: it may use any function and `?`; only its tables are looked at.
    The answer is cached, as pages ask the same statements again and again.
    """
    with _lock:
        statement = _statement(_parser(), sql)
    return _tables(statement, tables, lambda kind, node: None)


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Kept open: to open one takes longer than to parse twenty statements."""
    return _connect()


def _tables(statement: dict[str, Any], tables: Collection[str], check_node: NodeCheck) -> frozenset[str]:
    known = {tuple(name.lower().split(".")): name for name in tables}
    read = set()
    try:
        for path in _reads(statement, frozenset(), check_node):
            if path not in known:
                raise _unknown(".".join(path), tables)
            read.add(known[path])
    except RecursionError:
        raise ConfigError("lake.sql_refused", what="((( … )))") from None
    return frozenset(read)


def _statement(parser: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    try:
        found = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    except (duckdb.Error, RuntimeError) as error:  # text that is not Unicode
        raise ConfigError("lake.sql_wrong", message=str(error).partition("\n")[0]) from None
    tree = json.loads(found[0] if found else "")
    if tree["error"] and not tree["error_message"].startswith("Only SELECT"):
        raise ConfigError("lake.sql_wrong", message=tree["error_message"].partition("\n")[0])
    if tree["error"] or len(tree["statements"]) != 1:
        raise ConfigError("lake.sql_one_select")
    statement: dict[str, Any] = tree["statements"][0]
    return statement


def _reads(node: Any, scope: frozenset[str], check_node: NodeCheck) -> Iterator[tuple[str, ...]]:
    """Paths, in small letters, of the tables below `node`; `scope`: the names that WITH has given where it stands."""
    if isinstance(node, list):
        for child in node:
            yield from _reads(child, scope, check_node)
    if not isinstance(node, dict):
        return
    kind = node.get("class") or node.get("type")
    if isinstance(kind, str):
        check_node(kind, node)
    if kind == "CONSTANT":
        return
    # A name given by WITH is known to what follows, not within its own query: there it means something else.
    for entry in node.get("cte_map", {}).get("map", ()):
        yield from _reads(entry["value"], scope, check_node)
        scope |= {entry["key"].lower()}
    if kind == "BASE_TABLE":
        path = _path(node, "catalog_name", "schema_name", "table_name")
        if node.get("at_clause"):
            raise ConfigError("lake.sql_refused", what="AT")
        if len(path) > 1 or path[0] not in scope:
            yield path
    for key, child in node.items():
        if key not in ("cte_map", "type_info", "qualified_name"):
            itself = kind == "RECURSIVE_CTE_NODE" and key == "right"
            yield from _reads(child, scope | {node["cte_name"].lower()} if itself else scope, check_node)


def _check_node(kind: str, node: dict[str, Any]) -> None:
    """Raises ConfigError `lake.sql_refused` for a node that people may not write."""
    if kind not in NODES:
        raise ConfigError("lake.sql_refused", what=SHOWN_AS.get(kind, kind))
    if kind in ("FUNCTION", "WINDOW"):
        _function(_path(node, "catalog", "schema", "function_name"), FUNCTIONS)
    if kind == "TABLE_FUNCTION":
        _function(_path(node["function"], "catalog", "schema", "function_name"), TABLE_FUNCTIONS)


def _path(node: dict[str, Any], *keys: str) -> tuple[str, ...]:
    # DuckDB 2 knows deeper paths than catalog, schema and name, and writes them whole beside those.
    parts = node.get("qualified_name", {}).get("path") or [node[key] for key in keys if node[key]]
    return tuple(part.lower() for part in parts)


def _function(path: tuple[str, ...], allowed: frozenset[str]) -> None:
    if path[-1] not in allowed or path[:-1] not in ((), ("main",)):
        raise ConfigError("lake.sql_refused", what=f"{'.'.join(path)}()")


def _unknown(table: str, tables: Collection[str]) -> ConfigError:
    nearest = get_close_matches(table, tables, cutoff=0.5) or sorted(tables)
    return ConfigError("lake.sql_unknown_table", table=table, nearest=", ".join(nearest))
