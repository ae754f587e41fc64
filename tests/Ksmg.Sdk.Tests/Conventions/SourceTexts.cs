using System.Text;
using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>A text between quotes in C# code.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Value">The text; a hole of an interpolated one is <c>{}</c>.</param>
/// <param name="Within">The calls around it, the innermost first, such as <c>Words.Get</c>; a constructor begins with <c>new </c>.</param>
/// <param name="Argument">Which argument of the innermost call it is, or is part of.</param>
internal sealed record SourceText(int Line, string Value, IReadOnlyList<string> Within, int Argument);

/// <summary>A call in C# code.</summary>
/// <param name="Line">Where its arguments begin.</param>
/// <param name="Callee">What is called.</param>
/// <param name="First">The texts of its first argument: several where a condition chooses among them.</param>
/// <param name="Arguments">How many arguments it has.</param>
internal sealed record SourceCall(int Line, string Callee, IReadOnlyList<string> First, int Arguments);

/// <summary>Reads C# code as far as texts and calls go.</summary>
internal sealed partial class SourceTexts
{
    private readonly string _code;
    private readonly StringBuilder _seen = new();
    private readonly Stack<Frame> _frames = new();
    private readonly List<SourceText> _texts = [];
    private readonly List<SourceCall> _calls = [];
    private int _at;

    private SourceTexts(string code)
    {
        _code = code;
        _frames.Push(new Frame(string.Empty, 1));
        ReadCode(untilBrace: false);
    }

    public static (IReadOnlyList<SourceText> Texts, IReadOnlyList<SourceCall> Calls) Read(string code)
    {
        SourceTexts read = new(code);
        return (read._texts, read._calls);
    }

    private int Line => _code.AsSpan(0, _at).Count('\n') + 1;

    /// <summary>Code, up to its end or to the brace that closes a hole.</summary>
    private void ReadCode(bool untilBrace)
    {
        int depth = _frames.Count;
        while (_at < _code.Length)
        {
            char c = _code[_at];
            if (untilBrace && c == '}' && _frames.Count == depth)
            {
                return;
            }

            if (Comment().Match(_code, _at) is { Success: true } skipped)
            {
                _at += skipped.Length;
            }
            else if (Quote().Match(_code, _at) is { Success: true } quote)
            {
                ReadText(quote);
            }
            else
            {
                Take(c);
                _at++;
            }
        }
    }

    private void Take(char c)
    {
        if (c is '(' or '[' or '{')
        {
            _frames.Push(new Frame(c == '(' ? Callee().Match(_seen.ToString()).Value : string.Empty, Line));
            _seen.Clear();
        }
        else if (c is ')' or ']' or '}' && _frames.Count > 1)
        {
            Frame closed = _frames.Pop();
            _seen.Clear();
            if (closed.Callee.Length > 0)
            {
                _calls.Add(new SourceCall(closed.Line, closed.Callee, closed.First, closed.IsEmpty ? 0 : closed.Commas + 1));
            }
        }
        else if (c == ',')
        {
            _frames.Peek().Commas++;
            _seen.Clear();
        }
        else
        {
            _seen.Append(c);
        }

        if (!char.IsWhiteSpace(c) && c is not ('(' or '[' or '{'))
        {
            _frames.Peek().IsEmpty = false;
        }
    }

    private void ReadText(Match quote)
    {
        int line = Line;
        int holes = quote.Groups["sign"].Value.Count(c => c == '$');
        bool isVerbatim = quote.Groups["sign"].Value.Contains('@', StringComparison.Ordinal);
        string quotes = quote.Groups["quotes"].Value;
        bool isRaw = quotes.Length > 2;
        quotes = isRaw ? quotes : "\"";
        _frames.Peek().IsEmpty = false;
        _at += quote.Groups["sign"].Length + quotes.Length;
        StringBuilder text = new();
        while (string.CompareOrdinal(_code, _at, quotes, 0, quotes.Length) != 0 || (isVerbatim && _code[_at + 1] == '"'))
        {
            string open = new('{', Math.Max(1, holes));
            bool opens = holes > 0 && string.CompareOrdinal(_code, _at, open, 0, holes) == 0;
            if (opens && (isRaw || _code[_at + 1] != '{'))
            {
                _at += holes;
                _frames.Push(new Frame(string.Empty, line));
                ReadCode(untilBrace: true);
                _frames.Pop();
                _at += holes;
                text.Append("{}");
            }
            else
            {
                int length = (!isRaw && !isVerbatim && _code[_at] == '\\') || (isVerbatim && _code[_at] == '"') || (opens && !isRaw) ? 2 : 1;
                text.Append(_code, _at, length);
                _at += length;
            }
        }

        _at += quotes.Length;
        Frame frame = _frames.Peek();
        string[] within = [.. _frames.Select(f => f.Callee).Where(callee => callee.Length > 0)];
        _texts.Add(new SourceText(line, text.ToString(), within, frame.Commas));
        if (frame.Commas == 0)
        {
            frame.First.Add(text.ToString());
        }
    }

    private sealed class Frame(string callee, int line)
    {
        public string Callee => callee;

        public int Line => line;

        public List<string> First { get; } = [];

        public int Commas { get; set; }

        public bool IsEmpty { get; set; } = true;
    }

    [GeneratedRegex(@"\G(?://[^\n]*|/\*.*?\*/|'(?:\\[^\n]{1,9}?|[^'\\\n])')", RegexOptions.Singleline, 10_000)]
    private static partial Regex Comment();

    [GeneratedRegex("""\G(?<sign>[$@]*)(?<quotes>"{3,}|")""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Quote();

    [GeneratedRegex(@"(?:new\s+)?[\w.]+(?:<[\w.,?\[\]<> ]*>)?\s*$", RegexOptions.None, 10_000)]
    private static partial Regex Callee();
}
