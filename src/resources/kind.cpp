#include "resources/kind.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "resources/metadata.hpp"
#include "resources/schema_parts.hpp"

#include <algorithm>

namespace ark::resources {
namespace {

/// What every kind has besides its own fields.
void complete(Kind& kind) {
    const std::vector<Field> common = {must("apiVersion", text().one_of({kind.api_version()})),
                                       must("kind", text().one_of({kind.name})), must("metadata", metadata_schema())};
    kind.schema.fields.insert(kind.schema.fields.begin(), common.begin(), common.end());
}

template <class Match>
const Kind* first(Match match) {
    const auto& kinds = all_kinds();
    const auto found = std::find_if(kinds.begin(), kinds.end(), match);
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<Kind>& all_kinds() {
    static const std::vector<Kind> kinds = [] {
        std::vector<Kind> all;
        detail::add_run_kinds(all);
        detail::add_model_kinds(all);
        detail::add_server_kinds(all);
        detail::add_other_kinds(all);
        detail::add_core_kinds(all);
        for (auto& kind : all)
            complete(kind);
        return all;
    }();
    return kinds;
}

const Kind* find_kind(std::string_view group, std::string_view version, std::string_view plural) {
    return first([&](const Kind& k) { return k.plural == plural && k.group == group && k.version == version; });
}

const Kind* find_kind_of(std::string_view api_version, std::string_view name) {
    return first([&](const Kind& k) { return k.name == name && k.api_version() == api_version; });
}

const Kind* find_kind_by_word(std::string_view word) {
    const auto wanted = lower_case(word);
    return first([&](const Kind& k) {
        return wanted == k.plural || wanted == k.singular || wanted == k.qualified() ||
               std::find(k.short_names.begin(), k.short_names.end(), wanted) != k.short_names.end();
    });
}

const Kind& kind_named(std::string_view name) {
    const auto* kind = first([&](const Kind& k) { return k.name == name; });
    ARK_CHECK(kind != nullptr, "no kind {}", name);
    return *kind;
}

}  // namespace ark::resources
