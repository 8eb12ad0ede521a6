// ShardInfo: the INFO texts of several shards as one.
//
// What counts is added up, what is a ratio is averaged, the words of all shards are joined where
// they differ. A plain value.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/info_text.h"

namespace slotway::proxy {

class ShardInfo {
 public:
  // What the proxy says in place of the shards, by field.
  using Own = std::vector<std::pair<std::string, std::string>>;

  // The reply of one shard to INFO.
  void add(std::string_view text);

  // The fields of a section in the shards' order; those of `own` that no shard has go in front.
  void write(std::string_view section, const Own& own, wire::InfoText& text) const;
  // "module:name=..." and the like: the lines that any shard has, each once.
  void write_lines(std::string_view section, wire::InfoText& text) const;
  // "errorstat_ERR:count=5": the counts added up.
  void write_counts(std::string_view section, wire::InfoText& text) const;
  // The value of "cmdstat_get:calls=3,usec=4,...", added up; empty if no shard has the field.
  std::string calls(const std::string& field_name) const;
  // "db0:keys=3,expires=1,avg_ttl=5000": the counts added up, the rest averaged.
  void write_keyspace(wire::InfoText& text) const;

 private:
  struct Field {
    std::string name;
    std::vector<std::string> values;  // of the shards that have it
  };
  using Section = std::vector<Field>;

  std::string merged(const Section& section, const Field& field) const;
  const Section& section(std::string_view title) const;

  std::map<std::string, Section, std::less<>> sections_;  // by title
};

}  // namespace slotway::proxy
