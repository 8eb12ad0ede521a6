#include "wire/sha256.h"

#include <openssl/sha.h>

namespace slotway::wire {

static_assert(std::tuple_size_v<Sha256> == SHA256_DIGEST_LENGTH);

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace slotway::wire
