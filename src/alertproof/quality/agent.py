"""Checks the Datadog Agent's configuration against the keys that the Agent and its integrations publish.

The lists hold the keys that a configuration of this size may use, by the file that publishes them; a key that is not in
them is refused with the nearest one. Sources: [AGENT], [AGENT-PG], [AGENT-REDIS], [AGENT-LOGS] in docs/sources.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from alertproof.errors import ConfigError, nearest

__all__ = ["agent_findings"]

_Known = Mapping[str, Any]
_LEAF: _Known = {}
_ENABLED: _Known = {"enabled": _LEAF}
_RULE: _Known = dict.fromkeys(("type", "name", "pattern", "replace_placeholder"), _LEAF)
#: Below a key without keys of its own anything may stand: it is a value, or a list of texts.
_MAIN: _Known = {
    **dict.fromkeys(
        (
            *("api_key", "site", "dd_url", "hostname", "env", "tags", "log_level", "log_file", "logs_enabled"),
            *("dogstatsd_port", "dogstatsd_non_local_traffic", "dogstatsd_socket", "dogstatsd_tags", "use_dogstatsd"),
            *(
                "dogstatsd_mapper_profiles",
                "histogram_aggregates",
                "histogram_percentiles",
                "proxy",
                "skip_ssl_validation",
            ),
            *(
                "collect_ec2_tags",
                "cmd_port",
                "confd_path",
                "secret_backend_command",
                "check_runners",
                "inventories_enabled",
            ),
        ),
        _LEAF,
    ),
    "logs_config": {
        **dict.fromkeys(
            ("container_collect_all", "logs_dd_url", "use_http", "use_compression", "compression_level", "batch_wait"),
            _LEAF,
        ),
        **dict.fromkeys(("open_files_limit", "file_wildcard_selection_mode", "auto_multi_line_detection"), _LEAF),
        "processing_rules": _RULE,
    },
    "apm_config": {
        **dict.fromkeys(
            (
                *("enabled", "env", "receiver_port", "receiver_socket", "apm_non_local_traffic", "apm_dd_url"),
                *(
                    "max_traces_per_second",
                    "target_traces_per_second",
                    "error_traces_per_second",
                    "enable_rare_sampler",
                ),
                *("ignore_resources", "filter_tags", "replace_tags", "max_events_per_second", "max_memory", "features"),
            ),
            _LEAF,
        ),
        "obfuscation": {
            "http": dict.fromkeys(("remove_query_string", "remove_paths_with_digits"), _LEAF),
            "redis": dict.fromkeys(("enabled", "remove_all_args"), _LEAF),
            "memcached": _ENABLED,
            "mongodb": dict.fromkeys(("enabled", "keep_values"), _LEAF),
            "elasticsearch": dict.fromkeys(("enabled", "keep_values"), _LEAF),
            "credit_cards": dict.fromkeys(("enabled", "luhn"), _LEAF),
            "remove_stack_traces": _LEAF,
        },
    },
    "process_config": {
        "process_collection": _ENABLED,
        "container_collection": _ENABLED,
        "process_discovery": dict.fromkeys(("enabled", "interval"), _LEAF),
        **dict.fromkeys(("scrub_args", "custom_sensitive_words", "strip_proc_arguments", "blacklist_patterns"), _LEAF),
    },
    "otlp_config": {
        "receiver": {"protocols": {"grpc": {"endpoint": _LEAF, "transport": _LEAF}, "http": {"endpoint": _LEAF}}},
        "metrics": dict.fromkeys(("enabled", "resource_attributes_as_tags", "tag_cardinality", "histograms"), _LEAF),
        "traces": dict.fromkeys(("enabled", "span_name_as_resource_name", "probabilistic_sampler"), _LEAF),
        "logs": _ENABLED,
        "debug": {"verbosity": _LEAF},
    },
}
_INSTANCE = ("tags", "service", "min_collection_interval", "empty_default_hostname")
_POSTGRES: _Known = {
    **dict.fromkeys(
        (
            *_INSTANCE,
            *("host", "port", "username", "password", "dbname", "ssl", "dbm", "reported_hostname", "relations"),
            *("collect_function_metrics", "collect_count_metrics", "collect_database_size_metrics", "max_relations"),
            *(
                "collect_activity_metrics",
                "collect_bloat_metrics",
                "query_timeout",
                "application_name",
                "ignore_databases",
            ),
        ),
        _LEAF,
    ),
    "query_metrics": dict.fromkeys(("enabled", "collection_interval"), _LEAF),
    "query_samples": dict.fromkeys(("enabled", "collection_interval", "explain_function"), _LEAF),
    "query_activity": dict.fromkeys(("enabled", "collection_interval"), _LEAF),
    "collect_schemas": _ENABLED,
    "obfuscator_options": dict.fromkeys(
        ("replace_digits", "keep_sql_alias", "collect_metadata", "collect_commands", "collect_comments"), _LEAF
    ),
}
_REDIS: _Known = dict.fromkeys(
    (
        *_INSTANCE,
        *(
            "host",
            "port",
            "username",
            "password",
            "db",
            "unix_socket_path",
            "socket_timeout",
            "keys",
            "warn_on_missing_keys",
        ),
        *("slowlog-max-len", "command_stats", "collect_client_metrics", "disable_connection_cache", "ssl"),
    ),
    _LEAF,
)
_LOG: _Known = {
    **dict.fromkeys(
        (
            "type",
            "path",
            "port",
            "service",
            "source",
            "sourcecategory",
            "tags",
            "encoding",
            "exclude_paths",
            "start_position",
        ),
        _LEAF,
    ),
    "log_processing_rules": _RULE,
}


def agent_findings(folder: Path) -> list[str]:
    """Return what is wrong in ``datadog.yaml`` and ``conf.d`` of a folder, ``file: where: what`` each.

    Raises `ConfigError` for a file that is no YAML, and where there is no ``datadog.yaml``.
    """
    main = folder / "datadog.yaml"
    if not main.is_file():
        raise ConfigError(f"{folder}: no datadog.yaml here; name the folder that holds the Agent's configuration")
    found = [f"{main.name}: {each}" for each in _unknown(_read(main), _MAIN, "")]
    for path in sorted(folder.glob("conf.d/*.d/*.yaml")):
        known = _of_check(path.parent.name.removesuffix(".d"))
        found += [f"{path.relative_to(folder)}: {each}" for each in _unknown(_read(path), known, "")]
    return found


def _of_check(name: str) -> _Known:
    """Return the keys of an integration's file; a folder of another name may ship logs alone."""
    instances = {"postgres": _POSTGRES, "redisdb": _REDIS}.get(name)
    return {"logs": _LOG, **({"init_config": _LEAF, "instances": instances} if instances is not None else {})}


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {error}") from error


def _unknown(value: Any, known: _Known, above: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unknown(inner, known, f"{above}[{number}]")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            path = f"{above}.{name}" if above else str(name)
            if name not in known:
                yield f"{path}: the Agent knows no such key{nearest(str(name), known)}"
            elif known[name]:
                yield from _unknown(inner, known[name], path)
