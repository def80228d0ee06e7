/**
 * Pairs of answers of which one is plainly better, written for this bench: a right one beside a wrong, an evasive or an
 * unrelated one. Which of the two is named first is drawn from the place in the list, so that a judge who always says the
 * same letter is right in half of them.
 */
export interface Pair {
  readonly question: string;
  readonly better: string;
  readonly worse: string;
}

const of = (question: string, better: string, worse: string): Pair => ({ question, better, worse });

export const pairs: readonly Pair[] = [
  of('What is the capital of France?', 'The capital of France is Paris.', 'The capital of France is Madrid.'),
  of('What is 7 times 8?', '7 times 8 is 56.', '7 times 8 is 63.'),
  of(
    'Which planet is closest to the sun?',
    'Mercury is the closest planet to the sun.',
    'Neptune is the closest planet to the sun.',
  ),
  of('How many days has a week?', 'A week has seven days.', 'A week has nine days.'),
  of('What do bees make?', 'Bees make honey and wax.', 'I like trains.'),
  of('Who wrote Romeo and Juliet?', 'William Shakespeare wrote Romeo and Juliet.', 'Albert Einstein wrote Romeo and Juliet.'),
  of(
    'At which temperature does water boil at sea level?',
    'Water boils at 100 degrees Celsius at sea level.',
    'Water boils at 10 degrees Celsius at sea level.',
  ),
  of('Name a primary colour.', 'Red is a primary colour.', 'Wednesday is a primary colour.'),
  of('What is the opposite of hot?', 'The opposite of hot is cold.', 'The opposite of hot is spoon.'),
  of('What is the largest ocean?', 'The Pacific Ocean is the largest ocean.', 'The Sahara is the largest ocean.'),
  of('How many legs has a spider?', 'A spider has eight legs.', 'A spider has two legs.'),
  of('What is 15 + 27?', '15 + 27 = 42.', '15 + 27 = 32.'),
  of('Which gas do plants take in for photosynthesis?', 'Plants take in carbon dioxide.', 'Plants take in gold.'),
  of('What is the first month of the year?', 'January is the first month of the year.', 'August is the first month of the year.'),
  of('Give a synonym of "quick".', '"Fast" is a synonym of "quick".', '"Slow" is a synonym of "quick".'),
  of('What language is spoken in Brazil?', 'Portuguese is spoken in Brazil.', 'Swedish is spoken in Brazil.'),
  of('How many minutes has an hour?', 'An hour has 60 minutes.', 'An hour has 12 minutes.'),
  of('What is the chemical formula of water?', 'The formula of water is H2O.', 'The formula of water is NaCl.'),
  of(
    'Who painted the Mona Lisa?',
    'Leonardo da Vinci painted the Mona Lisa.',
    'The Mona Lisa was painted by a computer in 1999.',
  ),
  of('What is half of 90?', 'Half of 90 is 45.', 'Half of 90 is 30.'),
  of('Which animal barks?', 'A dog barks.', 'A fish barks.'),
  of('On which continent is Egypt?', 'Egypt is in Africa.', 'Egypt is in South America.'),
  of(
    'What do you use to write on a blackboard?',
    'You use chalk to write on a blackboard.',
    'You use soup to write on a blackboard.',
  ),
  of('What is the square root of 81?', 'The square root of 81 is 9.', 'The square root of 81 is 18.'),
  of(
    'Write one polite sentence that asks for the time.',
    'Excuse me, could you please tell me the time?',
    'Give me the time now.',
  ),
  of('Name three fruits.', 'Apples, bananas and oranges are three fruits.', 'Hammers, nails and saws are three fruits.'),
  of(
    'What colour do you get from blue and yellow paint?',
    'Blue and yellow make green.',
    'Blue and yellow make black and white stripes.',
  ),
  of('What is the past tense of "go"?', 'The past tense of "go" is "went".', 'The past tense of "go" is "goed".'),
  of('How many sides has a triangle?', 'A triangle has three sides.', 'A triangle has six sides.'),
  of(
    'What is the tallest mountain on Earth?',
    'Mount Everest is the tallest mountain on Earth.',
    'The tallest mountain on Earth is a lake.',
  ),
  of('Which organ pumps blood?', 'The heart pumps blood through the body.', 'The elbow pumps blood through the body.'),
  of('What is 100 divided by 4?', '100 divided by 4 is 25.', '100 divided by 4 is 40.'),
  of('Which season comes after winter?', 'Spring comes after winter.', 'Autumn comes after winter.'),
  of('What is the currency of Japan?', 'The currency of Japan is the yen.', 'The currency of Japan is the peso.'),
  of(
    'Why do we brush our teeth?',
    'We brush our teeth to remove plaque and to prevent cavities.',
    'Because the moon is made of rock.',
  ),
  of(
    'How many letters has the English alphabet?',
    'The English alphabet has 26 letters.',
    'The English alphabet has 40 letters.',
  ),
  of('What is frozen water called?', 'Frozen water is called ice.', 'Frozen water is called steam.'),
  of(
    'Who was the first person on the moon?',
    'Neil Armstrong was the first person on the moon.',
    'Napoleon was the first person on the moon.',
  ),
  of('What is 3 squared?', '3 squared is 9.', '3 squared is 6.'),
  of('What is the plural of "mouse", the animal?', 'The plural of "mouse" is "mice".', 'The plural of "mouse" is "mouses".'),
  of(
    'Which metal is liquid at room temperature?',
    'Mercury is liquid at room temperature.',
    'Iron is liquid at room temperature.',
  ),
  of('In which direction does the sun rise?', 'The sun rises in the east.', 'The sun rises in the west.'),
  of(
    'What is the main ingredient of bread?',
    'Flour is the main ingredient of bread.',
    'Gravel is the main ingredient of bread.',
  ),
  of('How many wheels has a bicycle?', 'A bicycle has two wheels.', 'A bicycle has seven wheels.'),
  of('What do cows drink?', 'Cows drink water.', 'Cows drink petrol.'),
  of('What is the smallest prime number?', 'The smallest prime number is 2.', 'The smallest prime number is 4.'),
  of('Explain in one sentence what a library is.', 'A library is a place that keeps books and lends them to people.', 'No.'),
  of(
    'Translate "good morning" into Spanish.',
    '"Good morning" is "buenos días" in Spanish.',
    '"Good morning" is "auf Wiedersehen" in Spanish.',
  ),
];
