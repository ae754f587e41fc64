using Spectre.Console.Rendering;

namespace Ksmg.Cli;

/// <summary>Lines that are drawn as they are.</summary>
internal sealed class ScreenLines(IReadOnlyList<ScreenLine> lines) : Renderable
{
    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
        lines.SelectMany((line, i) => i == 0 ? line.ToSegments() : line.ToSegments().Prepend(Segment.LineBreak));
}
