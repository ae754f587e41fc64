using Spectre.Console;

namespace Ksmg.Cli;

/// <summary>What colours mean on a screen.</summary>
internal static class ScreenStyle
{
    public static Style Strong { get; } = new(decoration: Decoration.Bold);

    public static Style Good { get; } = new(Color.Green);

    public static Style Odd { get; } = new(Color.Yellow);

    public static Style Bad { get; } = new(Color.Red);

    public static Style Busy { get; } = new(Color.Aqua);

    public static Style Faint { get; } = new(Color.Grey);
}
