#include "expr/parser.hpp"

#include "expr/lexer.hpp"
#include "expr/tree_builder.hpp"

#include <algorithm>
#include <charconv>

namespace ark::expr {

NodeId TreeBuilder::add(Node node, std::span<const NodeId> children) {
    if (ast_.nodes.size() >= limits_.nodes)
        stop_parsing(Code::too_complex, node.offset,
                     fmt::format("the expression has more than {} parts", limits_.nodes));
    std::uint16_t depth = 0;
    for (const auto child : children)
        depth = std::max(depth, ast_.nodes[child].depth);
    if (depth >= limits_.depth)
        stop_parsing(Code::too_complex, node.offset, fmt::format("the expression nests deeper than {}", limits_.depth));
    node.depth = static_cast<std::uint16_t>(depth + 1);
    node.first_child = static_cast<std::uint32_t>(ast_.children.size());
    node.child_count = static_cast<std::uint32_t>(children.size());
    ast_.children.insert(ast_.children.end(), children.begin(), children.end());
    ast_.nodes.push_back(node);
    return static_cast<NodeId>(ast_.nodes.size() - 1);
}

NodeId TreeBuilder::literal(std::uint32_t offset, const Value& value) {
    return add(Node{.kind = NodeKind::literal, .offset = offset, .value = value});
}

NodeId TreeBuilder::identifier(std::uint32_t offset, std::string_view name, bool absolute) {
    return add(Node{.kind = NodeKind::identifier, .absolute = absolute, .offset = offset, .name = name});
}

NodeId TreeBuilder::operation(Op op, std::uint32_t offset, std::initializer_list<NodeId> children) {
    return add(Node{.kind = NodeKind::operation, .op = op, .offset = offset}, children);
}

std::string_view symbol(Op op) {
    switch (op) {
        case Op::none:
            return "";
        case Op::logical_not:
            return "!";
        case Op::negate:
        case Op::subtract:
            return "-";
        case Op::add:
            return "+";
        case Op::multiply:
            return "*";
        case Op::divide:
            return "/";
        case Op::modulo:
            return "%";
        case Op::equal:
            return "==";
        case Op::not_equal:
            return "!=";
        case Op::less:
            return "<";
        case Op::less_equal:
            return "<=";
        case Op::greater:
            return ">";
        case Op::greater_equal:
            return ">=";
        case Op::in:
            return "in";
        case Op::not_in:
            return "not in";
        case Op::index:
            return "[]";
        case Op::optional_index:
            return "[?]";
    }
    return "";
}

namespace {

class Parser {
public:
    Parser(Ast& ast, std::vector<Token> tokens, const Options& options)
        : tree_(ast, options.limits), tokens_(std::move(tokens)), options_(options) {}

    NodeId run() {
        const auto root = expression();
        if (now().kind != Token::Kind::end) unexpected("the end of the expression or an operator");
        if (symbols_at_ && words_at_)
            tree_.ast().warnings.push_back(Issue{Code::parse_error,
                                                 "and/or/not and && || ! are mixed; && binds as and does",
                                                 std::max(*symbols_at_, *words_at_),
                                                 1,
                                                 1,
                                                 {}});
        return root;
    }

private:
    const Token& now() const { return tokens_[at_]; }
    const Token& ahead(std::size_t n = 1) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
    Token take() {
        const auto token = now();
        if (token.kind != Token::Kind::end) ++at_;
        return token;
    }
    bool accept(std::string_view symbol) {
        if (!now().is(symbol)) return false;
        ++at_;
        return true;
    }
    bool accept_word(std::string_view word) {
        if (!options_.words || !now().is_word(word)) return false;
        note(words_at_, now().offset);
        ++at_;
        return true;
    }
    static void note(std::optional<std::uint32_t>& first, std::uint32_t offset) {
        if (!first) first = offset;
    }

    [[noreturn]] void unexpected(std::string_view wanted) const {
        const auto found = now().kind == Token::Kind::end ? std::string("the end") : fmt::format("'{}'", now().text);
        stop_parsing(Code::parse_error, now().offset, fmt::format("{} instead of {}", found, wanted));
    }
    void expect(std::string_view symbol) {
        if (!accept(symbol)) unexpected(fmt::format("'{}'", symbol));
    }

    // Each level of nesting in the text costs some frames of our stack.
    struct Nesting {
        explicit Nesting(Parser& parser) : parser_(parser) {
            if (++parser.depth_ > parser.options_.limits.depth)
                stop_parsing(Code::too_complex, parser.now().offset,
                             fmt::format("the expression nests deeper than {}", parser.options_.limits.depth));
        }
        ~Nesting() { --parser_.depth_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;
        Parser& parser_;
    };

    NodeId expression() {
        const Nesting nesting(*this);
        const auto first = disjunction();
        const auto offset = now().offset;
        if (accept("?")) {
            const auto then = disjunction();
            expect(":");
            return conditional(offset, first, then, expression());
        }
        if (accept_word("if")) {
            const auto condition = disjunction();
            if (!accept_word("else")) unexpected("else");
            return conditional(offset, condition, first, expression());
        }
        return first;
    }

    NodeId conditional(std::uint32_t offset, NodeId condition, NodeId then, NodeId otherwise) {
        return tree_.add(Node{.kind = NodeKind::conditional, .offset = offset}, {condition, then, otherwise});
    }

    // One node for a chain, however long: `a || b || c` nests no deeper than its parts.
    template <class Operand>
    NodeId chain(NodeKind kind, std::string_view symbol, std::string_view word, Operand operand) {
        std::vector<NodeId> parts = {operand()};
        std::uint32_t offset = now().offset;
        for (auto at = now().offset; accept_either(symbol, word); at = now().offset) {
            if (parts.size() == 1) offset = at;
            parts.push_back(operand());
        }
        return parts.size() == 1 ? parts[0] : tree_.add(Node{.kind = kind, .offset = offset}, parts);
    }
    bool accept_either(std::string_view symbol, std::string_view word) {
        if (now().is(symbol)) note(symbols_at_, now().offset);
        return accept(symbol) || accept_word(word);
    }

    NodeId disjunction() {
        return chain(NodeKind::disjunction, "||", "or", [this] { return conjunction(); });
    }
    NodeId conjunction() {
        return chain(NodeKind::conjunction, "&&", "and", [this] { return negation(); });
    }

    NodeId negation() {
        const auto offset = now().offset;
        if (!accept_word("not")) return relation();
        const Nesting nesting(*this);
        return tree_.operation(Op::logical_not, offset, {negation()});
    }

    NodeId relation() {
        auto left = addition();
        for (;;) {
            const auto offset = now().offset;
            const auto op = relation_operator();
            if (op == Op::none) return left;
            left = tree_.operation(op, offset, {left, addition()});
        }
    }

    Op relation_operator() {
        static constexpr std::pair<std::string_view, Op> operators[] = {
            {"==", Op::equal},         {"!=", Op::not_equal}, {"<=", Op::less_equal},
            {">=", Op::greater_equal}, {"<", Op::less},       {">", Op::greater}};
        for (const auto& [symbol, op] : operators)
            if (accept(symbol)) return op;
        if (now().is_word("in")) return take(), Op::in;
        if (options_.words && now().is_word("not") && ahead().is_word("in")) {
            note(words_at_, now().offset);
            at_ += 2;
            return Op::not_in;
        }
        return Op::none;
    }

    NodeId addition() {
        auto left = multiplication();
        for (;;) {
            const auto offset = now().offset;
            const auto op = accept("+") ? Op::add : accept("-") ? Op::subtract : Op::none;
            if (op == Op::none) return left;
            left = tree_.operation(op, offset, {left, multiplication()});
        }
    }

    NodeId multiplication() {
        auto left = unary();
        for (;;) {
            const auto offset = now().offset;
            const auto op = accept("*") ? Op::multiply : accept("/") ? Op::divide : accept("%") ? Op::modulo : Op::none;
            if (op == Op::none) return left;
            left = tree_.operation(op, offset, {left, unary()});
        }
    }

    NodeId unary() {
        const auto offset = now().offset;
        if (now().is("!")) {
            note(symbols_at_, offset);
            take();
            const Nesting nesting(*this);
            return tree_.operation(Op::logical_not, offset, {unary()});
        }
        if (!now().is("-")) return member();
        const auto kind = ahead().kind;
        if (kind == Token::Kind::integer || kind == Token::Kind::real) return member();  // the sign is the literal's
        take();
        const Nesting nesting(*this);
        return tree_.operation(Op::negate, offset, {unary()});
    }

    NodeId member() {
        auto left = primary();
        for (;;) {
            const auto offset = now().offset;
            if (accept(".")) {
                left = selection(left, false);
            } else if (accept(".?")) {
                left = selection(left, true);
            } else if (accept("[?")) {
                left = tree_.operation(Op::optional_index, offset, {left, expression()});
                expect("]");
            } else if (accept("[")) {
                left = tree_.operation(Op::index, offset, {left, expression()});
                expect("]");
            } else if (now().is("{") && is_name(left)) {
                left = message(left);
            } else {
                return left;
            }
        }
    }

    bool is_name(NodeId id) {
        const auto& node = tree_.node(id);
        if (node.kind == NodeKind::select) return !node.optional && is_name(tree_.ast().child(node, 0));
        return node.kind == NodeKind::identifier;
    }

    NodeId selection(NodeId operand, bool optional) {
        const auto token = now();
        const bool name = token.kind == Token::Kind::identifier && !is_keyword(token.text);
        if (!name && token.kind != Token::Kind::quoted_identifier) unexpected("the name of a field or function");
        take();
        if (name && !optional && now().is("(")) {
            std::vector<NodeId> children = {operand};
            arguments(children);
            return call(Node{.kind = NodeKind::call, .receiver = true, .offset = token.offset, .name = token.text},
                        children);
        }
        return tree_.add(
            Node{.kind = NodeKind::select, .optional = optional, .offset = token.offset, .name = token.text},
            {operand});
    }

    NodeId call(const Node& node, const std::vector<NodeId>& children) {
        if (options_.macros)
            if (const auto expanded = expand_macro(tree_, node, children)) return *expanded;
        return tree_.add(node, children);
    }

    void arguments(std::vector<NodeId>& children) {
        expect("(");
        if (accept(")")) return;
        bool named = false;
        do {
            if (options_.words && now().kind == Token::Kind::identifier && ahead().is("=")) {
                const auto name = take();
                take();
                children.push_back(tree_.add(
                    Node{.kind = NodeKind::named_argument, .offset = name.offset, .name = name.text}, {expression()}));
                named = true;
            } else if (named) {
                stop_parsing(Code::parse_error, now().offset, "an argument without name follows one with a name");
            } else {
                children.push_back(expression());
            }
        } while (accept(","));
        expect(")");
    }

    NodeId primary() {
        const auto token = now();
        switch (token.kind) {
            case Token::Kind::integer:
            case Token::Kind::unsigned_integer:
            case Token::Kind::real:
                return take(), tree_.literal(token.offset, number(token, false));
            case Token::Kind::string:
            case Token::Kind::bytes:
                return text_literal(take());
            case Token::Kind::identifier:
                return name(false);
            default:
                break;
        }
        if (accept("-")) return tree_.literal(token.offset, number(take(), true));
        if (accept(".")) {
            if (now().kind != Token::Kind::identifier) unexpected("a name");
            return name(true);
        }
        if (accept("(")) {
            const auto inner = expression();
            expect(")");
            return inner;
        }
        if (accept("[")) return list(token.offset, "]");
        if (accept("[?")) return list(token.offset, "]", true);
        if (accept("{")) return map(token.offset);
        unexpected("a value");
    }

    NodeId name(bool absolute) {
        const auto token = take();
        const auto word = token.text;
        if (!absolute) {
            if (word == "true" || word == "false") return tree_.literal(token.offset, Value::boolean(word == "true"));
            if (word == "null") return tree_.literal(token.offset, Value::null());
            if (options_.words && (word == "True" || word == "False"))
                return tree_.literal(token.offset, Value::boolean(word == "True"));
            if (options_.words && word == "None") return tree_.literal(token.offset, Value::null());
        }
        if (is_keyword(word) || is_reserved(word))
            stop_parsing(Code::parse_error, token.offset, fmt::format("'{}' is a reserved word", word));
        if (options_.words && !absolute && (word == "and" || word == "or" || word == "not"))
            stop_parsing(Code::parse_error, token.offset,
                         fmt::format("'{}' is an operator: put what it belongs to in "
                                     "parentheses",
                                     word));
        if (!now().is("(")) return tree_.identifier(token.offset, word, absolute);
        std::vector<NodeId> children;
        arguments(children);
        return call(Node{.kind = NodeKind::call, .absolute = absolute, .offset = token.offset, .name = word}, children);
    }

    NodeId text_literal(const Token& token) {
        std::string error;
        const auto text = literal_text(token, tree_.ast().strings, error);
        if (!text) stop_parsing(Code::parse_error, token.offset, error);
        return tree_.literal(token.offset,
                             token.kind == Token::Kind::bytes ? Value::bytes(*text) : Value::string(*text));
    }

    static Value number(const Token& token, bool negative) {
        if (token.kind == Token::Kind::real) {
            double value = 0;
            const auto* end = token.text.data() + token.text.size();
            const bool fits = std::from_chars(token.text.data(), end, value).ec == std::errc{};
            const bool tiny =
                token.text.find("e-") != std::string_view::npos || token.text.find_first_of("123456789") > 1;
            if (!fits && !tiny)  // too small is zero, too large is an error
                stop_parsing(Code::parse_error, token.offset, fmt::format("{} does not fit a double", token.text));
            return Value::real(negative ? -value : value);
        }
        const bool hex = token.text.size() > 1 && (token.text[1] == 'x' || token.text[1] == 'X');
        const auto digits = token.text.substr(hex ? 2 : 0);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
        const bool is_signed = token.kind == Token::Kind::integer;
        constexpr std::uint64_t half = std::uint64_t{1} << 63;
        if (error != std::errc{} || (is_signed && value >= half + (negative ? 1 : 0)))
            stop_parsing(Code::parse_error, token.offset,
                         fmt::format("{} does not fit an {}", token.text, is_signed ? "int" : "uint"));
        if (!is_signed) return Value::unsigned_integer(value);
        return Value::integer(static_cast<std::int64_t>(negative ? 0 - value : value));
    }

    NodeId entry(std::uint32_t offset, bool optional, NodeId child) {
        return optional ? tree_.add(Node{.kind = NodeKind::optional_entry, .offset = offset}, {child}) : child;
    }

    NodeId list(std::uint32_t offset, std::string_view close, bool first_optional = false) {
        std::vector<NodeId> items;
        bool optional = first_optional;
        while (optional || !now().is(close)) {
            const auto at = now().offset;
            optional = optional || accept("?");
            items.push_back(entry(at, optional, expression()));
            optional = false;
            if (!accept(",")) break;
        }
        expect(close);
        return tree_.add(Node{.kind = NodeKind::list, .offset = offset}, items);
    }

    NodeId map(std::uint32_t offset) {
        std::vector<NodeId> entries;
        while (!now().is("}")) {
            const auto at = now().offset;
            const bool optional = accept("?");
            const auto key = expression();
            entries.push_back(entry(at, optional, key));
            expect(":");
            entries.push_back(expression());
            if (!accept(",")) break;
        }
        expect("}");
        return tree_.add(Node{.kind = NodeKind::map, .offset = offset}, entries);
    }

    NodeId message(NodeId type) {
        expect("{");
        std::vector<NodeId> values;
        while (!now().is("}")) {
            accept("?");
            if (now().kind != Token::Kind::identifier && now().kind != Token::Kind::quoted_identifier)
                unexpected("the name of a field");
            take();
            expect(":");
            values.push_back(expression());
            if (!accept(",")) break;
        }
        expect("}");
        const auto node = tree_.node(type);
        return tree_.add(Node{.kind = NodeKind::message, .offset = node.offset, .name = node.name}, values);
    }

    TreeBuilder tree_;
    const std::vector<Token> tokens_;
    const Options& options_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::optional<std::uint32_t> symbols_at_;  // first use of && || !
    std::optional<std::uint32_t> words_at_;    // first use of a word instead
};

}  // namespace

Compiled<std::unique_ptr<Ast>> parse(std::string_view text, const Options& options) {
    auto ast = std::make_unique<Ast>(text);
    auto tokens = tokenize(ast->text);
    if (!tokens) return tokens.error();
    try {
        ast->root = Parser(*ast, std::move(*tokens), options).run();
    } catch (const ParseStop& stop) {
        return Issues{{stop.issue}};
    }
    return ast;
}

}  // namespace ark::expr
