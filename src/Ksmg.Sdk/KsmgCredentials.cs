using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>
/// The account of the sessions. The password is fetched at every login and stands nowhere in the configuration: in a file, in an
/// environment variable, behind a program or a delegate.
/// </summary>
public sealed class KsmgCredentials
{
    private readonly Func<CancellationToken, ValueTask<string>>? _password;

    /// <summary>For the configuration.</summary>
    public KsmgCredentials()
    {
    }

    /// <summary>An account whose password a delegate gives.</summary>
    /// <param name="userName">The account.</param>
    /// <param name="password">
    /// Called once per login, and after a refused one whenever a session is needed: another password than the refused one allows a new try.
    /// Its token ends the login.
    /// </param>
    public KsmgCredentials(string userName, Func<CancellationToken, ValueTask<string>> password)
    {
        UserName = userName;
        _password = password;
    }

    /// <summary>The account's name.</summary>
    public string? UserName { get; set; }

    /// <summary>A file with nothing but the password in UTF-8; line ends at its end are ignored.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The name of an environment variable with the password. Programs that adapters start do not inherit it.</summary>
    public string? PasswordEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// A program that prints the password, such as a vault's client, and its arguments. It is started without a shell, inherits no secret
    /// of ours, has 15 seconds and no longer than the login that waits for it (<see cref="KsmgOptions.RequestLimit"/>), and prints nothing else; line
    /// ends at its end are ignored. Default: none.
    /// </summary>
    public IList<string> PasswordCommand { get; } = [];

    /// <summary>What may stand in the section; never the password itself.</summary>
    internal static SectionShape<KsmgCredentials> Shape { get; } = new SectionShape<KsmgCredentials>()
        .Text(nameof(UserName), (o, value) => o.UserName = value)
        .Text(nameof(PasswordFile), (o, value) => o.PasswordFile = value)
        .Text(nameof(PasswordEnvironment), (o, value) => o.PasswordEnvironment = value)
        .Texts(nameof(PasswordCommand), o => o.PasswordCommand);

    /// <summary>Whether a delegate gives the password.</summary>
    internal bool HasDelegate => _password is not null;

    /// <summary>The password, freshly fetched.</summary>
    /// <exception cref="KsmgException">There is none, or what there is cannot be one; the message names its source.</exception>
    internal async ValueTask<string> GetPasswordAsync(KsmgOptions options, CancellationToken cancellationToken)
    {
        if (_password is not null)
        {
            // One that does not heed its token is left alone when the login ends: nobody could log in behind it any more.
            string password = await _password(cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            return PasswordText.Check(password, Words.Get("password.of-delegate"));
        }

        return await Source(options).ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the password comes from without a delegate.</summary>
    internal SecretSource Source(KsmgOptions options) => new(
        "Credentials:Password",
        PasswordFile is { Length: > 0 } file ? options.FullPath(file) : null,
        PasswordEnvironment,
        [.. PasswordCommand]);
}
