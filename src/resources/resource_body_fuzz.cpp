// Any bytes as the body of a create, a patch or an apply of any kind: an answer, never a crash, and a store that reads
// back what it has. The first byte chooses the kind, the second what is done.
#include "base/check.hpp"
#include "resources/admission.hpp"
#include "resources/kind.hpp"
#include "resources/transaction.hpp"
#include "resources/wire.hpp"

namespace {

using namespace std::string_view_literals;
namespace resources = ark::resources;

resources::JsonValue sample(const resources::Kind& kind) {
    resources::JsonValue object;
    object.set("apiVersion", {kind.api_version()});
    object.set("kind", {kind.name});
    object.set("metadata", {}).set("name", {std::string("default")});
    object.set("data", {}).set("k", {std::string("dg==")});
    return object;
}

void check(const resources::State& state) {
    for (const auto& [key, resource] : state.all()) {
        const auto again = resources::JsonValue::parse(resource->json, 400);
        ARK_CHECK(again && *again == resource->value, "a resource that does not read back: {}", resource->json);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto& kinds = resources::all_kinds();
    const auto& kind = kinds[data[0] % kinds.size()];
    const auto what = data[1] % 6;
    const auto body = resources::read_document(what % 2 == 0 ? "application/json"sv : "application/yaml"sv,
                                               {reinterpret_cast<const char*>(data) + 2, size - 2});
    if (!body) return 0;

    resources::State state;
    ark::FakeClock clock;
    ark::Random random(1);
    const resources::AdmissionPolicy policy;
    const resources::TransactionLimits limits;
    resources::Transaction transaction({state, clock, random, policy, limits});
    const std::string ns = kind.namespaced ? "lab" : "";
    const resources::ObjectName name{ns, "default"};
    resources::WriteOptions options;
    options.manager = "fuzz";
    if (what > 1) {
        static_cast<void>(transaction.create(resources::kind_named("ConfigMap"), "lab",
                                             sample(resources::kind_named("ConfigMap")), options));
    }
    const auto& target = what > 1 && what < 5 ? resources::kind_named("ConfigMap") : kind;
    if (what < 2) {
        static_cast<void>(transaction.create(target, ns, *body, options));
    } else {
        constexpr resources::PatchType types[] = {resources::PatchType::merge, resources::PatchType::json,
                                                  resources::PatchType::strategic, resources::PatchType::apply};
        const resources::PatchBody patch{types[what - 2], *body};
        const resources::ObjectName there{"lab", "default"};
        static_cast<void>(transaction.patch(target, what == 5 ? name : there, resources::Part::main, patch, options));
        if (what == 5) static_cast<void>(transaction.patch(target, name, resources::Part::main, patch, options));
    }
    check(state);
    transaction.rollback();
    ARK_CHECK(state.size() == 0 && state.bytes() == 0 && state.version() == 0, "a rollback that leaves something");
    return 0;
}
