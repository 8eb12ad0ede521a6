// Settings that Redis has and the store does not need: tools ask for them, and configuration files
// say what the store does anyway.
#include "backend/settings_rows/rows.h"

namespace slotway::backend {

namespace {

using enum SettingRow::Change;

constexpr SettingRow kRows[] = {
    {.name = "acl-pubsub-default", .fixed = "resetchannels"},
    {.name = "aclfile", .change = kNever, .fixed = ""},
    {.name = "acllog-max-len", .fixed = "128"},
    {.name = "active-expire-effort", .fixed = "1"},
    {.name = "activerehashing", .fixed = "yes"},
    {.name = "aof-use-rdb-preamble", .fixed = "yes"},
    {.name = "appendfsync", .fixed = "everysec"},
    {.name = "appendonly", .fixed = "no"},
    {.name = "auto-aof-rewrite-percentage", .fixed = "100"},
    {.name = "busy-reply-threshold", .old_name = "lua-time-limit", .fixed = "5000"},
    {.name = "cluster-enabled", .change = kNever, .fixed = "no"},
    {.name = "crash-log-enabled", .fixed = "no"},
    {.name = "daemonize", .change = kNever, .fixed = "no"},
    {.name = "dbfilename", .fixed = "dump.rdb"},
    {.name = "dir", .fixed = "."},
    {.name = "dynamic-hz", .fixed = "yes"},
    {.name = "enable-debug-command", .change = kNever, .fixed = "local"},
    {.name = "enable-module-command", .change = kNever, .fixed = "no"},
    {.name = "enable-protected-configs", .change = kNever, .fixed = "no"},
    {.name = "io-threads", .change = kNever, .fixed = "1"},
    {.name = "io-threads-do-reads", .change = kNever, .fixed = "no"},
    {.name = "key-load-delay", .is_hidden = true, .fixed = "0"},
    {.name = "logfile", .change = kNever, .fixed = ""},
    {.name = "masterauth", .fixed = ""},
    {.name = "masteruser", .fixed = ""},
    {.name = "min-replicas-max-lag", .old_name = "min-slaves-max-lag", .fixed = "10"},
    {.name = "min-replicas-to-write", .old_name = "min-slaves-to-write", .fixed = "0"},
    {.name = "oom-score-adj", .fixed = "no"},
    {.name = "propagation-error-behavior", .fixed = "ignore"},
    {.name = "protected-mode", .fixed = "no"},
    {.name = "rdbchecksum", .change = kNever, .fixed = "yes"},
    {.name = "repl-backlog-size", .fixed = "1048576"},
    {.name = "replica-read-only", .old_name = "slave-read-only", .fixed = "yes"},
    {.name = "replica-serve-stale-data", .old_name = "slave-serve-stale-data", .fixed = "yes"},
    {.name = "replicaof", .change = kNever, .old_name = "slaveof", .fixed = ""},
    {.name = "save", .fixed = ""},
    {.name = "stop-writes-on-bgsave-error", .fixed = "yes"},
    {.name = "tcp-backlog", .change = kNever, .fixed = "511"},
    {.name = "tls-port", .fixed = "0"},
};

}  // namespace

std::span<const SettingRow> fixed_setting_rows() { return kRows; }

}  // namespace slotway::backend
