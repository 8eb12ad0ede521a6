// Settings of how values are kept.
#include "backend/settings_rows/rows.h"
#include "backend/settings_rows/values.h"

namespace slotway::backend {

namespace {

constexpr std::string_view kSanitize[] = {"no", "yes", "clients"};

constexpr SettingRow kRows[] = {
    number<&Settings::hash_listpack_entries, 0, INT64_MAX>("hash-max-listpack-entries",
                                                           "hash-max-ziplist-entries"),
    bytes<&Settings::hash_listpack_value>("hash-max-listpack-value", "hash-max-ziplist-value"),
    bytes<&Settings::hll_sparse_bytes>("hll-sparse-max-bytes"),
    number<&Settings::list_compress_depth, 0, INT32_MAX>("list-compress-depth"),
    number<&Settings::list_listpack_size, INT32_MIN, INT32_MAX>("list-max-listpack-size",
                                                                "list-max-ziplist-size"),
    yes_or_no<&Settings::compress_dumps>("rdbcompression"),
    one_of<&Settings::sanitize_dumps, kSanitize>("sanitize-dump-payload"),
    number<&Settings::set_intset_entries, 0, INT64_MAX>("set-max-intset-entries"),
    bytes<&Settings::stream_node_bytes>("stream-node-max-bytes"),
    number<&Settings::stream_node_entries, 0, INT64_MAX>("stream-node-max-entries"),
    number<&Settings::zset_listpack_entries, 0, INT64_MAX>("zset-max-listpack-entries",
                                                           "zset-max-ziplist-entries"),
    bytes<&Settings::zset_listpack_value>("zset-max-listpack-value", "zset-max-ziplist-value"),
};

}  // namespace

std::span<const SettingRow> value_setting_rows() { return kRows; }

}  // namespace slotway::backend
