using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>
/// Where a secret comes from, as configured: a file, an environment variable, or a program that prints it, such as a vault's client. It is
/// fetched each time it is used. Neither what the program prints nor its arguments are ever repeated.
/// </summary>
/// <param name="Name">The setting without <c>File</c>, <c>Environment</c> or <c>Command</c>, with its section for messages of a run.</param>
/// <param name="File">A file with nothing but the secret in UTF-8; line ends at its end are ignored.</param>
/// <param name="Environment">The name of an environment variable with the secret.</param>
/// <param name="Command">A program and its arguments; it prints the secret as a file would hold it.</param>
internal readonly record struct SecretSource(string Name, string? File, string? Environment, IReadOnlyCollection<string> Command)
{
    /// <summary>How long the program may take.</summary>
    public static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(15);

    /// <summary>How many of the three are given.</summary>
    public int Count => (File is { Length: > 0 } ? 1 : 0) + (Environment is { Length: > 0 } ? 1 : 0) + (Command.Count > 0 ? 1 : 0);

    /// <summary>What is wrong with it, named without its section, or <see langword="null"/>.</summary>
    public string? Mistake
    {
        get
        {
            string option = Name[(Name.LastIndexOf(' ') + 1)..];
            if (Count != 1)
            {
                return Words.Get("secret.needed", option);
            }

            if (File is { Length: > 0 } && !System.IO.File.Exists(File))
            {
                return Words.Get("secret.no-file", option, File);
            }

            if (Environment is { Length: > 0 } && string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(Environment)))
            {
                return Words.Get("secret.no-variable", option, Environment);
            }

            bool isProgram = Command.Count == 0
                || (ProgramPath.IsPlain(Command.First() ?? "") && Command.All(text => text?.Contains('\0', StringComparison.Ordinal) == false));
            return isProgram ? null : Words.Get("secret.no-program", option);
        }
    }

    /// <summary>The secret.</summary>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <param name="time">The clock of the program's limit; the system's when absent.</param>
    /// <exception cref="KsmgException">There is none, or what there is cannot be one; the message names its source.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken, TimeProvider? time = null)
    {
        if (Command.Count > 0)
        {
            return await RunAsync($"{Name}Command", Command.First(), time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return Environment is { Length: > 0 } variable
            ? PasswordText.FromEnvironment($"{Name}Environment", variable)
            : await PasswordText.FromFileAsync($"{Name}File", File!, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> RunAsync(string option, string program, TimeProvider time, CancellationToken cancellationToken)
    {
        ProcessResult result;
        try
        {
            ProcessCall call = new(program, Command.Skip(1), CommandLimit) { MostOutput = PasswordText.MaxBytes };
            result = await new ProcessRunner(time).RunAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            throw new KsmgException($"{option}: {e.Message}", e);
        }

        return result.ExitCode == 0
            ? PasswordText.Read(option, Words.Get("secret.printed", program), result.Output.Span)
            : throw new KsmgException(Words.Get("secret.command-failed", option, program, result.ExitCode));
    }
}
