using System.CommandLine;

namespace Ksmg.Cli;

internal static class OptionRange
{
    /// <summary>Refuses numbers outside of the range, with a line that names the option.</summary>
    public static Option<T> Between<T>(this Option<T> option, T least, T most)
        where T : IComparable<T>
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is not { } value || value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                result.AddError($"{option.Name} must lie between {least} and {most}.");
            }
        });
        return option;
    }
}
