using System.CommandLine;
using System.Globalization;

namespace Ksmg.Cli;

/// <summary><c>--lang</c>: the language of everything that is said to people; without it that of the machine.</summary>
internal static class LanguageOption
{
    private const string Name = "--lang";

    public static Option<string?> Create()
    {
        Option<string?> option = new(Name)
        {
            Description = Words.Get("option.lang"),
            HelpName = string.Join('|', WordFile.Languages),
            Recursive = true,
        };
        option.AcceptOnlyFromAmong([.. WordFile.Languages]);
        return option;
    }

    /// <summary>
    /// Uses the language that the arguments ask for in what follows. It is looked for before they are parsed: help and errors are read too.
    /// What asks for none that there is, is refused when they are.
    /// </summary>
    public static void Use(IReadOnlyList<string> args)
    {
        string[] own = [.. args.TakeWhile(a => a != "--")];
        int at = Array.FindIndex(own, a => a == Name || a.StartsWith(Name, StringComparison.Ordinal) && a[Name.Length] is '=' or ':');
        if (at < 0)
        {
            return;
        }

        string? asked = own[at] == Name ? own.ElementAtOrDefault(at + 1) : own[at][(Name.Length + 1)..];
        if (WordFile.Culture(asked) is { } culture)
        {
            CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture = culture;
        }
    }
}
