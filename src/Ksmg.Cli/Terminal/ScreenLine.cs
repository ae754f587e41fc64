using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ksmg.Cli;

/// <summary>
/// A line of a screen, counted in cells of the terminal: a wide character takes two, a combining one none. What has no room ends with an
/// ellipsis. Whatever comes in is printable (<see cref="Printable"/>).
/// </summary>
internal sealed class ScreenLine
{
    private readonly List<(string Text, Style Style)> _pieces = [];

    /// <summary>How many cells it takes.</summary>
    public int Width { get; private set; }

    /// <summary>Adds a text.</summary>
    public ScreenLine Add(string text, Style? style = null) => Append(Printable.Line(text), style);

    /// <summary>Adds a text that takes so many cells, whatever its length.</summary>
    public ScreenLine Cell(string text, int width, Style? style = null, bool toTheRight = false)
    {
        string fit = Fit(Printable.Line(text), width);
        string blank = new(' ', width - fit.GetCellWidth());
        return Append(toTheRight ? blank + fit : fit + blank, style);
    }

    /// <summary>Adds a text that takes no more than what is left of so many cells.</summary>
    public ScreenLine Rest(string text, int width, Style? style = null) => Append(Fit(Printable.Line(text), Math.Max(0, width - Width)), style);

    /// <summary>The line as it is drawn.</summary>
    public IEnumerable<Segment> ToSegments() => _pieces.Select(piece => new Segment(piece.Text, piece.Style));

    /// <summary>The line without its colours.</summary>
    public override string ToString() => string.Concat(_pieces.Select(piece => piece.Text));

    /// <summary>A text in so many cells, with an ellipsis for what has no room.</summary>
    public static string Fit(string text, int width)
    {
        if (text.GetCellWidth() <= width)
        {
            return text;
        }

        StringBuilder fit = new();
        int used = 0;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext() && used + elements.GetTextElement().GetCellWidth() < width)
        {
            fit.Append(elements.GetTextElement());
            used += elements.GetTextElement().GetCellWidth();
        }

        return width > 0 ? fit.ToString().TrimEnd() + '…' : string.Empty;
    }

    /// <summary>A text in lines of so many cells, broken between words; what has no room in the last one ends with an ellipsis.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width, int most)
    {
        List<string> lines = [];
        StringBuilder line = new();
        foreach (string word in Printable.Line(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && lines.Count < most - 1 && line.ToString().GetCellWidth() + 1 + word.GetCellWidth() > width)
            {
                lines.Add(Fit(line.ToString(), width));
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : string.Empty).Append(word);
        }

        return [.. lines, Fit(line.ToString(), width)];
    }

    private ScreenLine Append(string text, Style? style)
    {
        _pieces.Add((text, style ?? Style.Plain));
        Width += text.GetCellWidth();
        return this;
    }
}
