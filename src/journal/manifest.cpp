#include "journal/manifest.hpp"

#include "base/hex.hpp"
#include "base/random.hpp"
#include "journal/format.hpp"
#include "journal/names.hpp"

#include <optional>

namespace ark::journal {
namespace {

constexpr std::string_view family = "ark-journal ";
constexpr std::string_view first_line = "ark-journal 1\n";
constexpr std::string_view checksum_key = "checksum ";

void append_line(std::string& out, std::string_view key, std::string_view value) {
    out.append(key).append(" ").append(value).append("\n");
}

std::string hex(std::uint64_t number, int width) {
    std::string out;
    append_hex_number(out, number, width);
    return out;
}

Error damaged(std::string_view why) {
    return fail(Errc::corrupt, "the manifest is damaged: " + std::string(why));
}

/// Takes one "key value" line; false when the value is not what the key wants.
bool take(Manifest& manifest, std::string_view key, std::string_view value) {
    if (key == "id" || key == "epoch") {
        const auto number = parse_hex_number(value);
        if (!number) return false;
        if (key == "id") {
            manifest.id = *number;
        } else {
            manifest.epoch = Epoch{static_cast<std::uint32_t>(*number)};
        }
        return true;
    }
    if (key == "created") {
        const auto time = parse_rfc3339(value);
        if (time) manifest.created = *time;
        return time.has_value();
    }
    if (key == "weak") {
        manifest.weak = std::string(value);
        return true;
    }
    return false;
}

}  // namespace

std::string Manifest::to_text() const {
    std::string out(first_line);
    append_line(out, "id", hex(id, 16));
    append_line(out, "epoch", hex(epoch.value(), 8));
    append_line(out, "created", to_rfc3339(created));
    if (!weak.empty()) append_line(out, "weak", weak);
    const auto sum = format::checksum(out, format::Seed{0});
    append_line(out, checksum_key.substr(0, checksum_key.size() - 1), hex(sum, 16));
    return out;
}

Result<Manifest> Manifest::parse(std::string_view text) {
    if (!text.starts_with(family)) return damaged("not a journal's manifest");
    if (!text.starts_with(first_line))
        return fail(Errc::unsupported, "the journal was written by another version of Ark");
    const auto checksum_at = text.rfind(checksum_key);
    if (checksum_at == std::string_view::npos || text.back() != '\n') return damaged("cut short");
    const auto sum_text =
        text.substr(checksum_at + checksum_key.size(), text.size() - checksum_at - checksum_key.size() - 1);
    const auto sum = parse_hex_number(sum_text);
    if (!sum || *sum != format::checksum(text.substr(0, checksum_at), format::Seed{0}))
        return damaged("wrong checksum");

    Manifest manifest;
    auto rest = text.substr(first_line.size(), checksum_at - first_line.size());
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + 1);
        const auto space = line.find(' ');
        if (space == std::string_view::npos || !take(manifest, line.substr(0, space), line.substr(space + 1))) {
            return damaged("unknown line \"" + std::string(line) + "\"");
        }
    }
    return manifest;
}

Manifest Manifest::make(UnixNanos now) {
    Manifest manifest;
    manifest.id = random_seed();
    manifest.epoch = new_epoch(Epoch{});
    manifest.created = now;
    return manifest;
}

Status Manifest::save(disk::Disk& disk, const std::string& directory) const {
    return disk.write_file(manifest_path(directory), to_text());
}

Result<Manifest> Manifest::load(disk::Disk& disk, const std::string& directory) {
    ARK_TRY(const auto text, disk.read_file(manifest_path(directory)));
    return parse(text);
}

Epoch new_epoch(Epoch other) {
    Random random(random_seed());
    for (;;) {
        const Epoch epoch{static_cast<std::uint32_t>(random.next())};
        if (epoch != Epoch{} && epoch != other) return epoch;
    }
}

}  // namespace ark::journal
