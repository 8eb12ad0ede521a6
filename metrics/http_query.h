// HttpQuery: what stands behind the '?' of a URL, decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slotway::metrics {

// Names and values in their order; a name may come twice.
using HttpQuery = std::vector<std::pair<std::string, std::string>>;

// "count=10&pattern=a%2A+b" gives {"count", "10"} and {"pattern", "a* b"}. Nothing if a '%' has no
// two hexadecimal digits behind it.
std::optional<HttpQuery> parse_http_query(std::string_view text);

}  // namespace slotway::metrics
