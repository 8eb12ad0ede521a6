#include "backend/digest.h"

#include <cstdio>
#include <string_view>

#include "backend/types/hash_value.h"
#include "backend/types/list_value.h"
#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"
#include "backend/types/string_value.h"
#include "wire/sha1.h"

namespace slotway::backend {

namespace {

// The hashes of things that have an order are fed into each other; those of things that have none
// are joined by exclusive or.
class Digest {
 public:
  void join(std::string_view bytes) {
    const wire::Sha1 hash = wire::sha1(bytes);
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] = static_cast<char>(sum_[i] ^ hash[i]);
  }
  void join(const Digest& other) { join(std::string_view(other.sum_.data(), other.sum_.size())); }
  void mix(std::string_view bytes) {
    join(bytes);
    sum_ = wire::sha1({sum_.data(), sum_.size()});
  }
  // In four bytes, the highest first.
  void mix_number(uint32_t number) {
    const char bytes[] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                          static_cast<char>(number >> 8), static_cast<char>(number)};
    mix({bytes, sizeof bytes});
  }
  std::string text() const {
    std::string digits;
    for (const char c : sum_) {
      digits += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
      digits += "0123456789abcdef"[c & 0xf];
    }
    return digits;
  }

 private:
  wire::Sha1 sum_{};
};

uint32_t number_of(Type type) {
  constexpr uint32_t kStream = 6;  // 5 are the values of modules
  return type == Type::kStream ? kStream : static_cast<uint32_t>(type);
}

void mix_list(const ListReader& list, Digest& digest) {
  listpack::ElementText text;
  auto at = list.seek(0);
  do {
    digest.mix(list.get(*at, text));
  } while (list.advance(*at));
}

void mix_value(const Entry* entry, Digest& digest) {
  digest.mix_number(number_of(entry->type()));
  switch (entry->type()) {
    case Type::kString: {
      NumberText text;
      digest.mix(string_bytes(entry, text));
      break;
    }
    case Type::kList:
      mix_list(ListReader(entry), digest);
      break;
    case Type::kSortedSet:
      SortedSet(entry).for_each([&](std::string_view bytes, double score) {
        char text[64];
        const int size = std::snprintf(text, sizeof text, "%.17g", score);
        Digest member;
        member.mix(bytes);
        member.mix({text, static_cast<size_t>(size)});
        digest.join(member);
      });
      break;
    case Type::kSet:
      SetView(entry).for_each([&](std::string_view member) { digest.join(member); });
      break;
    case Type::kHash:
      HashView(entry).for_each([&](HashView::Field field) {
        Digest pair;
        pair.mix(field.name);
        pair.mix(field.value);
        digest.join(pair);
      });
      break;
    case Type::kStream:
      break;
  }
  if (entry->has_expiry()) digest.join("!!expire!!");
}

}  // namespace

std::string digest_of_value(const Entry* entry) {
  Digest digest;
  if (entry) mix_value(entry, digest);
  return digest.text();
}

std::string digest_of_all(Engine& engine) {
  Digest all;
  for (uint32_t i = 0; i < engine.database_count(); ++i) {
    const Database& database = engine.database(i);
    if (database.size() == 0) continue;
    all.mix_number(i);
    database.keyspace().for_each([&](const Entry* entry) {
      Digest digest;
      digest.mix(entry->key());
      mix_value(entry, digest);
      all.join(digest);
    });
  }
  return all.text();
}

}  // namespace slotway::backend
