#include "expr/library.hpp"

#include "base/check.hpp"

#include <cctype>

namespace ark::expr {

namespace {

// Reads the short form of signatures. They are ours, so a mistake in one is a bug.
class SignatureReader {
public:
    explicit SignatureReader(std::string_view text) : text_(text) {}

    Overload read() {
        Overload overload;
        if (peek() != '(') {
            overload.receiver = true;
            overload.parameters.push_back(type());
            expect('.');
        }
        expect('(');
        while (peek() != ')') {
            overload.parameters.push_back(type());
            if (text_.substr(at_).starts_with("...")) {
                overload.variadic = true;
                at_ += 3;
            }
            if (peek() == ',') ++at_;
        }
        expect(')');
        overload.result = type();
        ARK_CHECK(peek() == '\0', "signature {}", text_);
        return overload;
    }

private:
    char peek() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    void expect(char c) {
        ARK_CHECK(peek() == c, "signature {}: no {} at {}", text_, c, at_);
        ++at_;
    }
    std::string_view word() {
        peek();
        const auto start = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
            ++at_;
        return text_.substr(start, at_ - start);
    }
    Type argument() {
        expect('(');
        auto inner = type();
        expect(')');
        return inner;
    }

    Type type() {
        const auto name = word();
        if (name == "dyn") return Type::dyn();
        if (name == "null") return Type::null();
        if (name == "bool") return Type::boolean();
        if (name == "int") return Type::integer();
        if (name == "uint") return Type::unsigned_integer();
        if (name == "double") return Type::real();
        if (name == "string") return Type::string();
        if (name == "bytes") return Type::bytes();
        if (name == "timestamp") return Type::timestamp();
        if (name == "duration") return Type::duration();
        if (name == "ip") return Type::opaque("net.IP");
        if (name == "cidr") return Type::opaque("net.CIDR");
        if (name == "list") return Type::list(argument());
        if (name == "type") return Type::type(argument());
        if (name == "optional") return Type::optional(argument());
        if (name == "map") {
            expect('(');
            auto key = type();
            expect(',');
            auto value = type();
            expect(')');
            return Type::map(std::move(key), std::move(value));
        }
        ARK_CHECK(name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z', "signature {}: no type {}", text_, name);
        return Type::parameter(std::string(name));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

void Library::add(std::string_view name, std::string_view signature, Native call) {
    auto overload = SignatureReader(signature).read();
    overload.call = call;
    overload.library = true;
    auto& function = functions_[std::string(name)];
    function.name = name;
    function.overloads.push_back(std::make_shared<const Overload>(std::move(overload)));
}

const Environment::Function* Library::find(std::string_view name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : &found->second;
}

const Library& Library::standard() {
    static const Library library = [] {
        Library all;
        add_operators(all);
        add_conversions(all);
        add_times(all);
        add_texts(all);
        add_text_extension(all);
        add_numbers(all);
        add_lists(all);
        add_encoders(all);
        add_optionals(all);
        add_networks(all);
        return all;
    }();
    return library;
}

}  // namespace ark::expr
