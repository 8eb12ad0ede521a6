// The OpenAPI file against the running program: every page, parameter and field of the one is in
// the other.

#include "tests/e2e/api.h"

#include <map>
#include <set>

#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

// Compares answers with the file's schemas, both ways, and remembers which of these were met.
class Schemas {
 public:
  explicit Schemas(const Json& file) : file_(file) {}

  // Of "#/components/...".
  const Json& resolve(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    return file_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }

  // Empty, or where and how the value is another than the schema says.
  std::string difference(const Json& value, const Json& maybe_reference, const std::string& at) {
    const Json& schema = resolve(maybe_reference);
    met_.insert(&schema);
    if (value.is_null()) return schema.value("nullable", false) ? "" : at + ": null";
    if (schema.contains("enum") && std::ranges::count(schema["enum"], value) == 0) {
      return at + ": " + value.dump() + " is none of " + schema["enum"].dump();
    }
    const std::string type = schema.value("type", "");
    if (type == "object") return object_difference(value, schema, at);
    if (type == "array") return array_difference(value, schema, at);
    const bool fits = type == "" || (type == "integer" && value.is_number_integer()) ||
                      (type == "number" && value.is_number()) ||
                      (type == "string" && value.is_string()) ||
                      (type == "boolean" && value.is_boolean());
    return fits ? "" : at + ": " + value.dump() + " is no " + type;
  }

  // The objects that the file describes and no answer had.
  std::vector<std::string> not_met() const {
    std::vector<std::string> names;
    for (const auto& [name, schema] : file_["components"]["schemas"].items()) {
      add_not_met(schema, name, names);
    }
    return names;
  }

 private:
  std::string object_difference(const Json& value, const Json& schema, const std::string& at) {
    if (!value.is_object()) return at + ": no object";
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name)) return at + ": without " + name.get<std::string>();
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [name, inner] : value.items()) {
      if (properties.contains(name)) {
        const std::string found = difference(inner, schema["properties"][name], at + "." + name);
        if (!found.empty()) return found;
      } else if (schema.contains("additionalProperties") &&
                 !schema["additionalProperties"].is_object()) {
        return at + ": has " + name + ", of which the file does not know";
      }
    }
    return "";
  }
  std::string array_difference(const Json& value, const Json& schema, const std::string& at) {
    if (!value.is_array()) return at + ": no array";
    if (value.size() < schema.value("minItems", 0u)) return at + ": too short";
    for (const Json& each : value) {
      const std::string found = difference(each, schema["items"], at + "[]");
      if (!found.empty()) return found;
    }
    return "";
  }
  void add_not_met(const Json& schema, const std::string& name,
                   std::vector<std::string>& names) const {
    if (schema.contains("properties") && !met_.contains(&schema)) names.push_back(name);
    if (schema.contains("items")) add_not_met(schema["items"], name + "[]", names);
    if (!schema.contains("properties")) return;
    for (const auto& [inner, part] : schema["properties"].items()) {
      add_not_met(part, name + "." + inner, names);
    }
  }

  const Json& file_;
  std::set<const Json*> met_;
};

// What required parameters are asked with.
const std::map<std::string, std::string> kValues = {
    {"key", "rose"}, {"pattern", "pin%2A"}, {"level", "warn"}};

std::string query_of(const Json& parameters, const Schemas& schemas) {
  std::string query;
  for (const Json& maybe_reference : parameters) {
    const Json& parameter = schemas.resolve(maybe_reference);
    if (!parameter.value("required", false)) continue;
    const std::string name = parameter["name"];
    query += (query.empty() ? "?" : "&") + name + "=" + kValues.at(name);
  }
  return query;
}

// "unknown parameter; expected one of a, b": the names that the program knows.
std::set<std::string> known_parameters(const HttpReply& refusal) {
  CHECK(refusal.status == 400);
  std::string text = Json::parse(refusal.body)["error"];
  constexpr std::string_view kBegin = "unknown parameter; expected one of ";
  std::set<std::string> names;
  if (!text.starts_with(kBegin)) return names;
  text.erase(0, kBegin.size());
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(", ", at), text.size());
    names.insert(text.substr(at, end - at));
    at = end + 2;
  }
  return names;
}

}  // namespace

TEST_CASE("api: the OpenAPI file is what the program does") {
  Cached<RedisServer> cached(2, {"hot_keys: { detect: true, report: { rate: 1 }, rules: [ { match: "
                                 "\"*\", cache: always } ] }"});
  ProxyProcess& proxy = cached.proxy;
  RespClient client = proxy.client();
  const Json file = api_get(proxy, "openapi.json");
  CHECK(file["openapi"].get<std::string>().starts_with("3."));
  Schemas schemas(file);
  CHECK(http_post(proxy.admin_port(), "/api/v1/hotkeys/pin?pattern=a").status == 200);
  REQUIRE(eventually([&] {
    make_hot(proxy, "rose");
    return !api_get(proxy, "hotkeys")["pools"][0]["keys"].empty();
  }));

  client.call({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  client.call({"SET", "large", std::string(2 << 20, 'x')});
  REQUIRE(eventually([&] { return !api_get(proxy, "history")["samples"].empty(); }));
  REQUIRE(eventually([&] { return !api_get(proxy, "slowlog")["entries"].empty(); }));

  size_t asked = 0;
  for (const auto& [path, item] : file["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (path == "/api/v1/drain") continue;  // below
      const std::string upper = method == "get" ? "GET" : "POST";
      const Json parameters = operation.value("parameters", Json::array());
      CAPTURE(path);
      CAPTURE(method);
      const HttpReply reply =
          http_ask(proxy.admin_port(), upper, path + query_of(parameters, schemas), "");
      REQUIRE(operation["responses"].contains(std::to_string(reply.status)));
      REQUIRE(reply.status == 200);
      const Json& response = operation["responses"]["200"];
      CHECK(schemas.difference(Json::parse(reply.body),
                               response["content"]["application/json"]["schema"], path) == "");

      std::set<std::string> names;
      for (const Json& parameter : parameters) {
        names.insert(schemas.resolve(parameter)["name"].get<std::string>());
      }
      const HttpReply refusal = http_ask(proxy.admin_port(), upper, path + "?nonsense=1", "");
      CHECK(known_parameters(refusal) == names);
      const Json& error = schemas.resolve(operation["responses"]["400"]);
      CHECK(schemas.difference(Json::parse(refusal.body),
                               error["content"]["application/json"]["schema"], path) == "");
      // The other method.
      const std::string other = upper == "GET" ? "POST" : "GET";
      CHECK(http_ask(proxy.admin_port(), other, path, "").status == 405);
      ++asked;
    }
  }
  CHECK(asked > 10);
  CHECK(schemas.not_met() == std::vector<std::string>());

  const Json& drain = file["paths"]["/api/v1/drain"]["post"];
  const HttpReply reply = http_post(proxy.admin_port(), "/api/v1/drain");
  CHECK(reply.status == 202);
  CHECK(schemas.difference(Json::parse(reply.body),
                           drain["responses"]["202"]["content"]["application/json"]["schema"],
                           "drain") == "");
  CHECK(proxy.process().wait_exit() == 0);
  proxy.expect_no_more();
}

}  // namespace slotway::tests
