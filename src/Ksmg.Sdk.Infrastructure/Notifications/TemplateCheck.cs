using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Looks for what a template may not say: members that no event has, filters that nobody knows, other templates.</summary>
internal sealed class TemplateCheck(FilterCollection filters) : AstVisitor
{
    private static readonly string[] _listMembers = ["size", "first", "last"];

    private readonly HashSet<string> _locals = new(StringComparer.Ordinal) { "forloop" };

    /// <summary>The first thing that is wrong: the key of what is said about it, and the word itself.</summary>
    public (string Key, string Word)? Mistake { get; private set; }

    protected override Expression VisitMemberExpression(MemberExpression memberExpression)
    {
        string[] path = [.. memberExpression.Segments.Select(s => s is IdentifierSegment named ? named.Identifier : "[]")];
        bool isKnown = _locals.Contains(path[0]) || path switch
        {
            ["values", ..] => true,
            ["commands", "[]"] => true,
            ["commands", var member] => _listMembers.Contains(member),
            [var member] => EventTemplate.Members.Contains(member),
            _ => false,
        };
        if (!isKnown)
        {
            Mistake ??= ("template.member", string.Join('.', path).Replace(".[]", string.Empty, StringComparison.Ordinal));
        }

        return base.VisitMemberExpression(memberExpression);
    }

    protected override Expression VisitFilterExpression(FilterExpression filterExpression)
    {
        if (!filters.TryGetValue(filterExpression.Name, out _))
        {
            Mistake ??= ("template.filter", filterExpression.Name);
        }

        return base.VisitFilterExpression(filterExpression);
    }

    /// <summary>All numbers of a range are made before the first is used, and no limit of steps counts them.</summary>
    protected override Expression VisitRangeExpression(RangeExpression rangeExpression)
    {
        if (Number(rangeExpression.From) is not { } from || Number(rangeExpression.To) is not { } to || to - from >= EventTemplate.MaxSteps)
        {
            Mistake ??= ("template.range", "..");
        }

        return base.VisitRangeExpression(rangeExpression);

        static decimal? Number(Expression bound) => bound is LiteralExpression { Value: NumberValue number } ? number.ToNumberValue() : null;
    }

    protected override Statement VisitAssignStatement(AssignStatement assignStatement)
    {
        Statement visited = base.VisitAssignStatement(assignStatement);
        _locals.Add(assignStatement.Identifier);
        return visited;
    }

    protected override Statement VisitCaptureStatement(CaptureStatement captureStatement)
    {
        _locals.Add(captureStatement.Identifier);
        return base.VisitCaptureStatement(captureStatement);
    }

    protected override Statement VisitForStatement(ForStatement forStatement)
    {
        _locals.Add(forStatement.Identifier);
        return base.VisitForStatement(forStatement);
    }

    protected override Statement VisitIncludeStatement(IncludeStatement includeStatement)
    {
        Mistake ??= ("template.includes", "include");
        return includeStatement;
    }

    protected override Statement VisitRenderStatement(RenderStatement renderStatement)
    {
        Mistake ??= ("template.includes", "render");
        return renderStatement;
    }

    protected override Statement VisitFromStatement(FromStatement fromStatement)
    {
        Mistake ??= ("template.includes", "from");
        return fromStatement;
    }
}
