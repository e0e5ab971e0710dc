#include "base/hex.hpp"
#include "views/live_views.hpp"

#include <xxhash.h>

/// One hash over what the views say, whatever drains, flushes and compactions it took to get there.
namespace ark::views {
namespace {

class Hasher {
public:
    Hasher() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
    ~Hasher() { XXH3_freeState(state_); }
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;

    void add(std::string_view bytes) {
        framed_.clear();
        append_text(framed_, bytes);
        XXH3_128bits_update(state_, framed_.data(), framed_.size());
    }
    std::string hex() const {
        const auto hash = XXH3_128bits_digest(state_);
        std::string out;
        append_hex_number(out, hash.high64, 16);
        append_hex_number(out, hash.low64, 16);
        return out;
    }

private:
    XXH3_state_t* state_;
    std::string framed_;
};

void add_all(Hasher& hasher, const store::Snapshot& snapshot, store::Space space) {
    const auto iterator = snapshot.iterate(space, "", "");
    for (iterator->seek(""); iterator->valid(); iterator->next()) {
        hasher.add(iterator->key());
        hasher.add(iterator->value());
    }
}

}  // namespace

Result<std::string> LiveViews::fingerprint() {
    return fingerprint_of(*kv_->snapshot());
}

Result<std::string> fingerprint_of(const store::Snapshot& snapshot) {
    Hasher hasher;
    add_all(hasher, snapshot, store::Space::ids);
    add_all(hasher, snapshot, store::Space::rows);
    add_all(hasher, snapshot, store::Space::projected);
    // Chunks end where drains ended: what counts is the records.
    const auto iterator = snapshot.iterate(store::Space::postings, "", "");
    std::string packed;
    for (iterator->seek(""); iterator->valid(); iterator->next()) {
        ChunkReader reader(iterator->value(), keys::last_number(iterator->key()));
        Record record;
        while (reader.next(record)) {
            packed.assign(iterator->key().substr(0, 8));
            packed.push_back(static_cast<char>(record.what));
            packed.push_back(static_cast<char>(record.flags));
            packed.push_back(static_cast<char>(record.kind));
            append_varint(packed, record.query);
            for (const auto value : {record.offset, record.time, record.start, record.end})
                append_varint(packed, value);
            packed.append(record.span_id.view());
            packed.append(record.parent.view());
            append_text(packed, record.name);
            append_text(packed, record.subject);
            record.usage.pack(packed);
            hasher.add(packed);
        }
        if (!reader.ok()) return damaged("a posting");
    }
    return hasher.hex();
}

}  // namespace ark::views
