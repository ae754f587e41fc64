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
            try
            {
                if (result.GetValueOrDefault<T>() is not { } value || value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
                {
                    result.AddError(Words.Get("usage.range", option.Name, least, most));
                }
            }
            catch (InvalidOperationException)
            {
                // It is no number at all; the parser says so itself.
            }
        });
        return option;
    }
}
