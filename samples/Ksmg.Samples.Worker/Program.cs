Console.WriteLine("Ksmg");
