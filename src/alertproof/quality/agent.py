"""Checks the Datadog Agent's configuration against the keys that the Agent and its integrations publish.

The lists hold the keys that a configuration of this size may use, by the file that publishes them; a key that is not in
them is refused with the nearest one. Sources: [AGENT], [AGENT-APM], [AGENT-PG], [AGENT-REDIS], [AGENT-LOGS] in
docs/sources.md.
"""

from __future__ import annotations

import re
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


def _keys(text: str, **inner: _Known) -> _Known:
    """Return the keys of a text, each a value, and those that have keys of their own."""
    return {**dict.fromkeys(text.split(), _LEAF), **inner}


_SQL_VALUES = _keys("enabled keep_values obfuscate_sql_values")
#: Below a key without keys of its own anything may stand: it is a value, or a list of texts.
_MAIN: _Known = _keys(
    """
    api_key app_key site dd_url hostname hostname_fqdn env tags extra_tags log_level log_file logs_enabled proxy
    skip_ssl_validation min_tls_version dogstatsd_port dogstatsd_non_local_traffic dogstatsd_socket dogstatsd_tags
    use_dogstatsd dogstatsd_mapper_profiles dogstatsd_tag_cardinality checks_tag_cardinality histogram_aggregates
    histogram_percentiles collect_ec2_tags cmd_port confd_path check_runners health_port
    inventories_configuration_enabled secret_backend_command secret_backend_arguments secret_backend_timeout
    """,
    logs_config=_keys(
        """
        container_collect_all logs_dd_url logs_no_ssl force_use_http force_use_tcp use_http use_compression
        compression_level batch_wait open_files_limit file_wildcard_selection_mode max_message_size_bytes
        auto_multi_line_detection
        """,
        processing_rules=_RULE,
    ),
    apm_config=_keys(
        """
        enabled env receiver_port receiver_socket apm_non_local_traffic apm_dd_url max_traces_per_second
        target_traces_per_second errors_per_second enable_rare_sampler max_events_per_second max_memory max_cpu_percent
        ignore_resources filter_tags filter_tags_regex replace_tags connection_limit compute_stats_by_span_kind
        peer_tags features additional_endpoints log_file
        """,
        obfuscation=_keys(
            "remove_stack_traces",
            http=_keys("remove_query_string remove_paths_with_digits"),
            redis=_keys("enabled remove_all_args"),
            memcached=_keys("enabled keep_command"),
            mongodb=_SQL_VALUES,
            elasticsearch=_SQL_VALUES,
            sql_exec_plan=_SQL_VALUES,
            sql_exec_plan_normalize=_SQL_VALUES,
            credit_cards=_keys("enabled luhn"),
        ),
    ),
    process_config=_keys(
        """
        scrub_args custom_sensitive_words strip_proc_arguments blacklist_patterns queue_size max_per_message
        disable_realtime_checks log_file
        """,
        process_collection=_ENABLED,
        container_collection=_ENABLED,
        process_discovery=_keys("enabled interval"),
        intervals=_keys("container container_realtime process process_realtime"),
    ),
    otlp_config={
        "receiver": {
            "protocols": {"grpc": _keys("endpoint transport max_recv_msg_size_mib"), "http": _keys("endpoint")},
        },
        "metrics": _keys(
            "enabled resource_attributes_as_tags instrumentation_scope_metadata_as_tags tag_cardinality delta_ttl",
            histograms=_keys("mode send_aggregation_metrics"),
            sums=_keys("cumulative_monotonic_mode initial_cumulative_monotonic_value"),
            summaries=_keys("mode"),
        ),
        "traces": _keys(
            "enabled span_name_as_resource_name span_name_remappings",
            probabilistic_sampler=_keys("sampling_percentage"),
        ),
        "logs": _ENABLED,
        "debug": _keys("verbosity"),
    },
)
_INSTANCE = "tags service min_collection_interval empty_default_hostname"
_POSTGRES: _Known = _keys(
    _INSTANCE
    + """
    host port username password dbname dbm dbstrict ssl ssl_root_cert ssl_cert ssl_key ssl_password reported_hostname
    exclude_hostname relations max_relations custom_queries only_custom_queries use_global_custom_queries
    collect_activity_metrics collect_bloat_metrics collect_buffercache_metrics collect_checksum_metrics
    collect_count_metrics collect_database_size_metrics collect_default_database collect_function_metrics
    collect_wal_metrics table_count_limit query_timeout query_encodings application_name ignore_databases
    ignore_schemas_owned_by activity_metrics_excluded_aggregations pg_stat_statements_view disable_generic_tags
    data_directory propagate_agent_tags metric_patterns
    """,
    database_identifier=_keys("template"),
    database_autodiscovery=_keys("enabled global_view_db max_databases include exclude refresh"),
    query_metrics=_keys("enabled collection_interval"),
    query_samples=_keys(
        """
        enabled collection_interval explain_function explained_queries_per_hour_per_query samples_per_hour_per_query
        explained_queries_cache_maxsize seen_samples_cache_maxsize explain_parameterized_queries
        """
    ),
    query_activity=_keys("enabled payload_row_limit"),
    collect_settings=_keys("enabled collection_interval ignored_settings_patterns"),
    collect_schemas=_keys(
        """
        enabled collection_interval max_tables max_columns max_query_duration include_databases exclude_databases
        include_schemas exclude_schemas include_tables exclude_tables
        """
    ),
    collect_column_stats=_keys(
        "enabled collection_interval max_tables include_tables exclude_tables max_query_duration"
    ),
    collect_raw_query_statement=_ENABLED,
    obfuscator_options=_keys(
        """
        obfuscation_mode replace_digits collect_metadata collect_tables collect_commands collect_comments keep_sql_alias
        keep_dollar_quoted_func remove_space_between_parentheses keep_null keep_boolean keep_positional_parameter
        keep_trailing_semicolon keep_identifier_quotation keep_json_path
        """
    ),
)
_REDIS: _Known = _keys(
    _INSTANCE
    + """
    host port username password db unix_socket_path socket_timeout keys warn_on_missing_keys slowlog-max-len
    command_stats collect_client_metrics disable_connection_cache ssl ssl_keyfile ssl_certfile ssl_ca_certs
    ssl_cert_reqs
    """
)
_LOG: _Known = _keys(
    "type path port channel_path service source sourcecategory tags encoding exclude_paths start_position "
    "auto_multi_line_detection",
    log_processing_rules=_RULE,
)
#: A value that the Agent has its secret backend replace. [AGENT]
_SECRET = re.compile(r"ENC\[[^\]]+\]")


def agent_findings(folder: Path) -> list[str]:
    """Return what is wrong in ``datadog.yaml`` and ``conf.d`` of a folder, ``file: where: what`` each.

    Raises `ConfigError` for a file that is no YAML, and where there is no ``datadog.yaml``.
    """
    main = folder / "datadog.yaml"
    if not main.is_file():
        raise ConfigError(f"{folder}: no datadog.yaml here; name the folder that holds the Agent's configuration")
    settings = _read(main)
    found = [f"{main.name}: {each}" for each in _unknown(settings, _MAIN, "")]
    has_backend = isinstance(settings, Mapping) and bool(settings.get("secret_backend_command"))
    for path in sorted(folder.glob("conf.d/*.d/*.yaml")):
        known, read = _of_check(path.parent.name.removesuffix(".d")), _read(path)
        found += [f"{path.relative_to(folder)}: {each}" for each in _unknown(read, known, "")]
        if not has_backend:
            found += [f"{path.relative_to(folder)}: {each}" for each in _secrets(read, "")]
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


def _secrets(value: Any, above: str) -> Iterator[str]:
    """Yield the secrets that no backend would replace: the Agent would take what stands there for the password."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secrets(inner, f"{above}.{name}" if above else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _secrets(inner, f"{above}[{number}]")
    elif isinstance(value, str) and _SECRET.search(value):
        yield f"{above}: {value} is replaced by nothing: set secret_backend_command in datadog.yaml"


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
