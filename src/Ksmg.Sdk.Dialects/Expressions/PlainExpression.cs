using System.Text;
using System.Text.Json;
using DevLab.JmesPath;

namespace Ksmg.Sdk.Dialects;

/// <summary>
/// An expression that only names, chooses and compares what an answer has, as nearly all in a dialect do. The grammar is the library's;
/// what it reads is found in the answer itself, because a poll is too frequent for another tree of it.
/// </summary>
internal sealed class PlainExpression : IJmesPathGenerator, IAnswerExpression
{
    private readonly Stack<Part> _parts = new();
    private readonly Stack<List<Part>> _lists = new();

    private PlainExpression()
    {
    }

    /// <summary>Reads an expression; <see langword="null"/>: it has more in it, and the library has to evaluate it.</summary>
    /// <param name="expression">An expression without a fault.</param>
    public static PlainExpression? Read(string expression)
    {
        PlainExpression plain = new();
        try
        {
            using MemoryStream text = new(Encoding.UTF8.GetBytes(expression));
            Parser.Parse(text, Encoding.UTF8, plain);
            return plain;
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            return null;
        }
    }

    public JsonElement Evaluate(JsonElement answer) => _parts.Peek().Find(new Found(answer)).ToElement();

    bool IJmesPathGenerator.IsProjection() => _parts.TryPeek(out Part? last) && last.IsProjection;

    void IJmesPathGenerator.OnExpression()
    {
    }

    void IJmesPathGenerator.OnCurrentNode() => Push(current => current);

    void IJmesPathGenerator.OnIdentifier(string name) => _parts.Push(new Part(Each(current => current.Member(name))) { Name = name });

    void IJmesPathGenerator.OnIndex(int index) => Push(current => current.At(index));

    void IJmesPathGenerator.OnLiteralString(string literal) => PushLiteral(JsonElement.Parse(literal));

    void IJmesPathGenerator.OnRawString(string value) => PushLiteral(JsonSerializer.SerializeToElement(value));

    void IJmesPathGenerator.OnSubExpression() => Chain();

    void IJmesPathGenerator.OnIndexExpression() => Chain();

    void IJmesPathGenerator.OnPipeExpression() => Combine((left, right) => current => right(left(current).AsList()));

    void IJmesPathGenerator.OnOrExpression() => Combine((left, right) => current => left(current) is { IsTrue: true } found ? found : right(current));

    void IJmesPathGenerator.OnAndExpression() => Combine((left, right) => current => left(current) is { IsTrue: false } found ? found : right(current));

    void IJmesPathGenerator.OnNotExpression()
    {
        Func<Found, Found> negated = _parts.Pop().Find;
        Push(current => Found.Of(!negated(current).IsTrue));
    }

    void IJmesPathGenerator.OnComparisonEqual() => Combine((left, right) => current => Found.Of(Found.AreEqual(left(current), right(current))));

    void IJmesPathGenerator.OnComparisonNotEqual() => Combine((left, right) => current => Found.Of(!Found.AreEqual(left(current), right(current))));

    void IJmesPathGenerator.OnListWildcardProjection() => _parts.Push(new Part(Each(current => current.Project(item => !item.IsNull))) { IsProjection = true });

    void IJmesPathGenerator.OnFlattenProjection() => _parts.Push(new Part(current => current.Flatten()) { IsProjection = true });

    void IJmesPathGenerator.OnFilterProjection()
    {
        Func<Found, Found> condition = _parts.Pop().Find;
        _parts.Push(new Part(Each(current => current.Project(item => condition(item).IsTrue))) { IsProjection = true });
    }

    void IJmesPathGenerator.PushMultiSelectHash() => _lists.Push([]);

    void IJmesPathGenerator.AddMultiSelectHashExpression()
    {
        Part value = _parts.Pop();
        _lists.Peek().Add(value with { Name = _parts.Pop().Name });
    }

    void IJmesPathGenerator.PopMultiSelectHash()
    {
        Part[] members = [.. _lists.Pop()];
        string[] names = [.. members.Select(member => member.Name!)];
        Push(current => new Found(All(members, current), names));
    }

    void IJmesPathGenerator.PushMultiSelectList() => _lists.Push([]);

    void IJmesPathGenerator.AddMultiSelectListExpression() => _lists.Peek().Add(_parts.Pop());

    void IJmesPathGenerator.PopMultiSelectList()
    {
        Part[] items = [.. _lists.Pop()];
        Push(current => new Found(All(items, current)));
    }

    void IJmesPathGenerator.OnHashWildcardProjection() => throw More();

    void IJmesPathGenerator.OnSliceExpression(int? start, int? stop, int? step) => throw More();

    void IJmesPathGenerator.OnComparisonGreater() => throw More();

    void IJmesPathGenerator.OnComparisonGreaterOrEqual() => throw More();

    void IJmesPathGenerator.OnComparisonLesser() => throw More();

    void IJmesPathGenerator.OnComparisonLesserOrEqual() => throw More();

    void IJmesPathGenerator.OnArithmeticUnaryPlus() => throw More();

    void IJmesPathGenerator.OnArithmeticUnaryMinus() => throw More();

    void IJmesPathGenerator.OnArithmeticAddition() => throw More();

    void IJmesPathGenerator.OnArithmeticSubtraction() => throw More();

    void IJmesPathGenerator.OnArithmeticMultiplication() => throw More();

    void IJmesPathGenerator.OnArithmeticDivision() => throw More();

    void IJmesPathGenerator.OnArithmeticModulo() => throw More();

    void IJmesPathGenerator.OnArithmeticIntegerDivision() => throw More();

    void IJmesPathGenerator.OnRootNode() => throw More();

    void IJmesPathGenerator.PushFunction() => throw More();

    void IJmesPathGenerator.AddFunctionArg() => throw More();

    void IJmesPathGenerator.PopFunction(string name) => throw More();

    void IJmesPathGenerator.OnExpressionType() => throw More();

    void IJmesPathGenerator.OnLetExpression() => throw More();

    void IJmesPathGenerator.OnLetBindings() => throw More();

    void IJmesPathGenerator.OnLetBinding(string name) => throw More();

    void IJmesPathGenerator.OnVariableReference(string name) => throw More();

    private static NotSupportedException More() => new();

    /// <summary>What follows a projection is asked of each of its items; where nothing is found, there is one less.</summary>
    private static Func<Found, Found> Each(Func<Found, Found> find)
    {
        return Ask;

        Found Ask(Found current) => current.IsProjection ? current.Map(Ask) : find(current);
    }

    private static Found[] All(Part[] parts, Found current) => Array.ConvertAll(parts, part => part.Find(current).AsPart());

    private void Push(Func<Found, Found> find) => _parts.Push(new Part(Each(find)));

    private void PushLiteral(JsonElement value) => Push(_ => new Found(value));

    private void Chain() => Combine((left, right) => current => left(current) is { IsNull: false } found ? right(found) : default);

    private void Combine(Func<Func<Found, Found>, Func<Found, Found>, Func<Found, Found>> combine)
    {
        Func<Found, Found> right = _parts.Pop().Find;
        Push(combine(_parts.Pop().Find, right));
    }

    /// <summary>A part of the expression: what it finds, its name if it is but a name, and whether all after it is asked of each item.</summary>
    private sealed record Part(Func<Found, Found> Find)
    {
        public string? Name { get; init; }

        public bool IsProjection { get; init; }
    }
}
