using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once. The name of the options ends with the port they are for.</summary>
internal sealed class CommandOptionsValidator : IValidateOptions<CommandOptions>
{
    private static readonly TimeSpan _longestTimeout = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, CommandOptions options)
    {
        string port = name?[(name.LastIndexOf(':') + 1)..] ?? "Command";
        List<string> failures = [];
        if (options.Program.Length == 0)
        {
            failures.Add($"{port}: Program is missing; it is the path of a program, or its name on the PATH.");
        }
        else if (options.Program.AsSpan().IndexOfAny('/', '\\') >= 0 && !Path.IsPathFullyQualified(options.Program))
        {
            // Which folder it counts from would depend on where the command was typed.
            failures.Add($"{port}: Program '{options.Program}' is a relative path; write the absolute one, or a bare name that is on the PATH.");
        }

        if (options.Arguments.Append(options.Program).Any(text => text is null || text.Contains('\0', StringComparison.Ordinal)))
        {
            failures.Add($"{port}: Program or Arguments hold something that no program can be given.");
        }

        if (options.Timeout <= TimeSpan.Zero || options.Timeout > _longestTimeout)
        {
            failures.Add($"{port}: Timeout {options.Timeout} is not between 0 and {_longestTimeout}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
